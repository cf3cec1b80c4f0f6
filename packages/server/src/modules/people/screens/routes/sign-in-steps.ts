/** Signing in: what follows the first step. Each challenge goes on in a hidden field. @module */
import { z } from 'zod'
import { codeField, recoveryCodeField } from '#people/factors'
import { passwordField as passwordSchema } from '#people/identity'
import {
  askForPasskey,
  browserOf,
  finishPasswordChange,
  nameOrganization,
  proveSecondFactor,
  type SignInResult,
} from '#people/sessions'
import { toWire } from '#platform/ids'
import { choice, form, hidden, passwordField, refusalNotice, textField } from '../pages/form.ts'
import { html, isolated } from '../pages/html.ts'
import { type Answer, type Screen, screen, type Visit } from '../pages/screen.ts'
import { passkeyFields, passkeyForm, returnField, tokenField } from './fields.ts'
import { carried, carrying, enter } from './going-on.ts'
import { passwordRules } from './password-rules.ts'
import { signInPage } from './sign-in-page.ts'

/** The next page of a sign-in. */
export function stepAnswer(visit: Visit, result: SignInResult): Answer {
  const step = (typed: Record<string, string>): Visit => ({
    ...visit,
    typed: { ...carried(visit), ...typed },
    refusal: undefined,
  })
  switch (result.status) {
    case 'mfa_required':
      return secondFactorPage(step({ challenge: result.challenge, methods: result.methods.join(' ') }))
    case 'password_change_required':
      return newPasswordPage(step({ challenge: result.challenge }))
    case 'organization_required': {
      const choices = result.organizations.map(({ organizationId, name }) => ({
        id: toWire('org', organizationId),
        name,
      }))
      return organizationPage(step({ challenge: result.challenge, choices: JSON.stringify(choices) }))
    }
    default:
      return enter(visit, result)
  }
}

/** A step whose challenge no longer holds begins again. */
const orBeginAgain = (page: (visit: Visit) => Answer) => (visit: Visit) =>
  visit.refusal?.code === 'sessions.invalid_challenge' || visit.typed['challenge'] === undefined
    ? signInPage(visit)
    : page(visit)

function stepFields(visit: Visit) {
  const { challenge, methods } = visit.typed
  return { ...carried(visit), challenge, methods }
}

function secondFactorPage(visit: Visit): Answer {
  const { words } = visit
  const methods = (visit.typed['methods'] ?? '').split(' ')
  const action = '/sign-in/second-step'
  const code = form({
    action,
    hidden: stepFields(visit),
    fields: textField(visit, {
      name: 'code',
      isOnce: true,
      label: words.secondFactor.code,
      hint: words.secondFactor.codeHint,
      autocomplete: 'one-time-code',
      inputmode: 'numeric',
      isLatin: true,
      maxlength: 20,
      isFirst: true,
    }),
    submit: words.secondFactor.submit,
  })
  const recovery = form({
    action,
    hidden: stepFields(visit),
    fields: textField(visit, {
      name: 'recoveryCode',
      isOnce: true,
      label: words.secondFactor.recovery,
      hint: words.secondFactor.recoveryHint,
      autocomplete: 'off',
      isLatin: true,
      maxlength: 100,
    }),
    submit: words.secondFactor.submit,
    kind: methods.includes('totp') ? 'secondary' : 'primary',
  })
  const passkey = html`<div data-needs-script hidden>${form({
    action: '/sign-in/second-step/passkey',
    hidden: stepFields(visit),
    submit: words.secondFactor.passkey,
    kind: methods.includes('totp') ? 'secondary' : 'primary',
  })}</div>${methods.includes('totp') ? '' : html`<noscript><p>${words.shell.needsScript}</p></noscript>`}`
  const isRecovery = visit.typed['recoveryCode'] !== undefined
  return {
    title: words.secondFactor.title,
    body: html`${refusalNotice(visit)}<p>${words.secondFactor.intro}</p>${methods.includes('totp') ? code : ''}${
      methods.includes('passkey') ? passkey : ''
    }${
      methods.includes('recovery_code')
        ? html`<details${isRecovery ? html` open` : ''}><summary>${words.secondFactor.useRecovery}</summary>${recovery}</details>`
        : ''
    }<p class="links"><a href="${carrying(visit, '/sign-in')}">${words.secondFactor.startAgain}</a></p>`,
  }
}

function newPasswordPage(visit: Visit): Answer {
  const { words } = visit
  return {
    title: words.newPassword.title,
    body: html`${refusalNotice(visit)}<p>${words.newPassword.intro}</p>${form({
      action: '/sign-in/new-password',
      hidden: stepFields(visit),
      fields: passwordField(visit, {
        name: 'newPassword',
        label: words.newPassword.label,
        hint: passwordRules(visit),
        autocomplete: 'new-password',
        isFirst: true,
      }),
      submit: words.newPassword.submit,
    })}`,
  }
}

const choicesField = z.array(z.object({ id: z.string(), name: z.string() })).max(1_000)

function organizationPage(visit: Visit): Answer {
  const { words } = visit
  const { challenge, choices = '[]' } = visit.typed
  const options = choicesField.safeParse(parsed(choices)).data ?? []
  return {
    title: words.organization.title,
    body: html`${refusalNotice(visit)}<p>${words.organization.intro}</p>${form({
      action: '/sign-in/organization',
      hidden: { ...carried(visit), challenge, choices },
      fields: choice(visit, {
        name: 'organization',
        legend: words.organization.label,
        options: options.map(({ id, name }) => ({ value: id, label: isolated(name) })),
      }),
      submit: words.organization.submit,
    })}`,
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const step = { challenge: tokenField, return: returnField }

export const signInStepScreens: readonly Screen[] = [
  screen({
    path: '/sign-in/second-step',
    access: 'anyone',
    startsAt: '/sign-in',
    show: orBeginAgain(secondFactorPage),
    fields: z.object({
      ...step,
      code: codeField.optional(),
      recoveryCode: recoveryCodeField.optional(),
      passkey: passkeyFields.passkey.optional(),
      question: passkeyFields.question.optional(),
    }),
    async act(visit, { challenge, code, recoveryCode, passkey, question }) {
      const browser = browserOf(visit.request)
      const prove = (proof: Parameters<typeof proveSecondFactor>[1]['proof']) =>
        proveSecondFactor(visit.ctx, { challenge, proof, browser })
      if (passkey !== undefined && question !== undefined)
        return stepAnswer(visit, await prove({ method: 'passkey', challenge: question, response: passkey }))
      if (recoveryCode !== undefined)
        return stepAnswer(visit, await prove({ method: 'recovery_code', code: recoveryCode }))
      return stepAnswer(visit, await prove({ method: 'totp', code: code ?? '' }))
    },
  }),
  screen({
    path: '/sign-in/second-step/passkey',
    access: 'anyone',
    startsAt: '/sign-in',
    show: orBeginAgain(secondFactorPage),
    fields: z.object({ ...step, methods: z.string().max(100) }),
    async act(visit, { challenge }) {
      const { words } = visit
      const question = await askForPasskey(visit.ctx, challenge)
      return {
        title: words.passkey.title,
        body: html`<p>${words.passkey.intro}</p>${passkeyForm(visit, {
          kind: 'get',
          action: '/sign-in/second-step',
          challenge: question.challenge,
          options: question.options,
          hidden: hidden(stepFields(visit)),
          submit: words.passkey.submit,
          failed: words.passkey.failed,
        })}<p class="links"><a href="${carrying(visit, '/sign-in')}">${words.shell.back}</a></p>`,
      }
    },
  }),
  screen({
    path: '/sign-in/new-password',
    access: 'anyone',
    startsAt: '/sign-in',
    show: orBeginAgain(newPasswordPage),
    fields: z.object({ ...step, newPassword: passwordSchema }),
    async act(visit, { challenge, newPassword }) {
      const browser = browserOf(visit.request)
      return stepAnswer(visit, await finishPasswordChange(visit.ctx, { challenge, newPassword, browser }))
    },
  }),
  screen({
    path: '/sign-in/organization',
    access: 'anyone',
    startsAt: '/sign-in',
    show: orBeginAgain(organizationPage),
    fields: z.object({ ...step, organization: z.string().min(1).max(100) }),
    async act(visit, { challenge, organization }) {
      const browser = browserOf(visit.request)
      return stepAnswer(visit, await nameOrganization(visit.ctx, { challenge, organization, browser }))
    },
  }),
]
