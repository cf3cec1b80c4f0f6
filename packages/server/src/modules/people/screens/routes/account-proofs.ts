/** What proves again who is there: before a change of how the account is protected, and to remove a factor. @module */
import { z } from 'zod'
import {
  beginPasskeyProof,
  codeField,
  type FactorProof,
  readOwnFactors,
  recoveryCodeField,
  removePasskey,
  removeTotp,
} from '#people/factors'
import { passwordField as passwordSchema, userOf } from '#people/identity'
import { stepUp } from '#people/sessions'
import { pathId } from '#platform/ids'
import { form, hidden, passwordField, refusalNotice, textField } from '../pages/form.ts'
import { type Hole, type Html, html } from '../pages/html.ts'
import { type Answer, type Screen, screen, type Visit } from '../pages/screen.ts'
import { toAccount } from './account-factors.ts'
import { ownPasskey } from './account-passkeys.ts'
import { passkeyFields, passkeyForm, returnField } from './fields.ts'
import { carried, goOn } from './going-on.ts'

/** One field takes both: six digits are an app's, all else is a recovery code. */
const eitherCode = z.string().min(1).max(100)

function factorOf(code: string): FactorProof {
  const isApp = codeField.safeParse(code).success && /^\D*(\d\D*){6}$/.test(code) && !/[a-z]/i.test(code)
  return isApp ? { method: 'totp', code } : { method: 'recovery_code', code: recoveryCodeField.parse(code) }
}

function codeInput(visit: Visit, label: string, hint: string, isFirst: boolean): Html {
  return textField(visit, {
    name: 'code',
    isOnce: true,
    label,
    hint,
    autocomplete: 'one-time-code',
    isLatin: true,
    maxlength: 100,
    isFirst,
  })
}

async function confirmPage(visit: Visit): Promise<Answer> {
  const { words, ctx } = visit
  const { enrolled, totp, passkeys, recoveryCodes } = await readOwnFactors(ctx)
  const hasCode = totp !== null || recoveryCodes > 0
  const isOwed = ctx.principal!.owes === 'second_factor'
  const proof = enrolled
    ? hasCode
      ? codeInput(
          visit,
          totp ? words.confirm.code : words.secondFactor.recovery,
          totp ? words.confirm.codeHint : words.secondFactor.recoveryHint,
          true,
        )
      : undefined
    : passwordField(visit, {
        name: 'password',
        label: words.confirm.password,
        autocomplete: 'current-password',
        isFirst: true,
      })
  return {
    title: isOwed ? words.secondFactor.title : words.confirm.title,
    body: html`${refusalNotice(visit)}<p>${isOwed ? words.confirm.owed : words.confirm.intro}</p>${
      proof
        ? form({
            action: '/account/confirm',
            hidden: carried(visit),
            fields: proof,
            submit: words.confirm.submit,
          })
        : ''
    }${
      passkeys > 0
        ? html`<div data-needs-script hidden>${form({
            action: '/account/confirm/passkey',
            hidden: carried(visit),
            submit: words.confirm.passkey,
            kind: proof ? 'secondary' : 'primary',
          })}</div>`
        : ''
    }${isOwed ? html`<p class="links"><a href="/sign-out">${words.account.signOut}</a></p>` : toAccount(visit)}`,
  }
}

async function removePage(visit: Visit, what: Hole, action: string, kept: Record<string, string>) {
  const { words } = visit
  const { removal, totp } = await readOwnFactors(visit.ctx)
  return {
    title: words.removeFactor.title,
    body: html`${refusalNotice(visit)}<p>${what}</p>${form({
      action,
      hidden: kept,
      fields: html`${
        removal.password
          ? passwordField(visit, {
              name: 'password',
              label: words.removeFactor.password,
              autocomplete: 'current-password',
              isFirst: true,
            })
          : ''
      }${
        removal.secondFactor
          ? codeInput(
              visit,
              totp ? words.removeFactor.code : words.secondFactor.recovery,
              totp ? words.removeFactor.codeHint : words.secondFactor.recoveryHint,
              !removal.password,
            )
          : ''
      }`,
      submit: words.removeFactor.submit,
      kind: 'danger',
    })}${toAccount(visit)}`,
  }
}

const removalFields = { password: passwordSchema.optional(), code: eitherCode.optional() }

const proofOf = ({ password, code }: { password?: string | undefined; code?: string | undefined }) => ({
  password,
  factor: code === undefined ? undefined : factorOf(code),
})

export const accountProofScreens: readonly Screen[] = [
  screen({
    path: '/account/confirm',
    access: 'person',
    whileOwing: ['second_factor'],
    show: confirmPage,
    fields: z.object({
      password: passwordSchema.optional(),
      code: eitherCode.optional(),
      passkey: passkeyFields.passkey.optional(),
      question: passkeyFields.question.optional(),
      return: returnField,
    }),
    async act(visit, { password, code, passkey, question }) {
      const proof =
        passkey !== undefined && question !== undefined
          ? ({ method: 'passkey', challenge: question, response: passkey } as const)
          : code !== undefined
            ? factorOf(code)
            : ({ method: 'password', password: password ?? '' } as const)
      const { session } = await stepUp(visit.ctx, proof)
      session.setCookie(visit.reply)
      return goOn(visit)
    },
  }),
  screen({
    path: '/account/confirm/passkey',
    access: 'person',
    whileOwing: ['second_factor'],
    startsAt: '/account/confirm',
    show: confirmPage,
    fields: z.object({ return: returnField }),
    async act(visit) {
      const { words, ctx } = visit
      const { challenge, options } = await beginPasskeyProof(ctx, userOf(ctx).userId)
      return {
        title: words.passkey.title,
        body: html`<p>${words.passkey.intro}</p>${passkeyForm(visit, {
          kind: 'get',
          action: '/account/confirm',
          challenge,
          options,
          hidden: hidden(carried(visit)),
          submit: words.passkey.submit,
          failed: words.passkey.failed,
        })}${toAccount(visit)}`,
      }
    },
  }),
  screen({
    path: '/account/authenticator/remove',
    access: 'person',
    show: (visit) => removePage(visit, visit.words.removeFactor.app, '/account/authenticator/remove', {}),
    fields: z.object(removalFields),
    async act(visit, proof) {
      const session = await removeTotp(visit.ctx, proofOf(proof))
      session.setCookie(visit.reply)
      return { to: '/account?done=app_removed' }
    },
  }),
  screen({
    path: '/account/passkeys/remove',
    access: 'person',
    async show(visit) {
      const { wire, name } = await ownPasskey(visit)
      return removePage(visit, visit.words.removeFactor.passkey(name), '/account/passkeys/remove', {
        passkey: wire,
      })
    },
    fields: z.object({ ...removalFields, passkey: pathId('pky') }),
    async act(visit, { passkey, ...proof }) {
      const session = await removePasskey(visit.ctx, passkey, proofOf(proof))
      session.setCookie(visit.reply)
      return { to: '/account?done=passkey_removed' }
    },
  }),
]
