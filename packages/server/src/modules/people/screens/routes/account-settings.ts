/** One's own name, language, password, address and organization. @module */
import { z } from 'zod'
import {
  emailField,
  localeField,
  nameField,
  organizationsOf,
  passwordField as passwordSchema,
  updateProfile,
  userOf,
} from '#people/identity'
import { requestEmailChange, sendVerification } from '#people/recovery'
import { changeOwnPassword, readMe, setCookie, switchOrganization } from '#people/sessions'
import { ANYTHING } from '#platform/http'
import { toWire } from '#platform/ids'
import { LANGUAGES, languageOf } from '../model/language.ts'
import { choice, form, passwordField, refusalNotice, textField } from '../pages/form.ts'
import { html, isolated } from '../pages/html.ts'
import { type Answer, type Screen, screen, type Visit } from '../pages/screen.ts'
import { WORDS } from '../pages/words.ts'
import { returnField } from './fields.ts'
import { carried, goOn, returnOf } from './going-on.ts'
import { passwordRules } from './password-rules.ts'

async function me({ ctx }: Visit) {
  const { userId, sessionId } = userOf(ctx)
  return (await readMe(ctx, userId, sessionId)).user
}

/** Back to the account, or on to where somebody was going who owed this first. */
function doneOr(visit: Visit, done: string): Answer {
  return returnOf(visit) === undefined ? { to: `/account?done=${done}` } : goOn(visit)
}

const back = ({ words }: Visit) => html`<p class="links"><a href="/account">${words.shell.toAccount}</a></p>`

async function profilePage(visit: Visit): Promise<Answer> {
  const { words } = visit
  const user = await me(visit)
  const isOwed = visit.ctx.principal!.owes === 'profile'
  return {
    title: isOwed ? words.profile.title : words.account.profile,
    body: html`${refusalNotice(visit)}${isOwed ? html`<p>${words.profile.intro}</p>` : ''}${form({
      action: '/account/profile',
      hidden: carried(visit),
      fields: html`${textField(visit, {
        name: 'name',
        label: words.profile.name,
        value: user.name,
        autocomplete: 'name',
        maxlength: 200,
        isFirst: true,
      })}${choice(visit, {
        name: 'locale',
        legend: words.account.language,
        options: LANGUAGES.map((each) => ({
          value: each,
          label: html`<span lang="${each}">${WORDS[each].shell.name}</span>`,
        })),
        chosen: languageOf(user.locale) ?? 'en',
      })}`,
      submit: words.profile.submit,
    })}${isOwed ? '' : back(visit)}`,
  }
}

function passwordPage(visit: Visit): Answer {
  const { words } = visit
  return {
    title: words.changePassword.title,
    body: html`${refusalNotice(visit)}<p>${words.changePassword.intro}</p>${form({
      action: '/account/password',
      hidden: carried(visit),
      fields: html`${passwordField(visit, {
        name: 'currentPassword',
        label: words.changePassword.current,
        autocomplete: 'current-password',
        isFirst: true,
      })}${passwordField(visit, {
        name: 'newPassword',
        label: words.changePassword.label,
        hint: passwordRules(visit),
        autocomplete: 'new-password',
      })}`,
      submit: words.changePassword.submit,
    })}${back(visit)}`,
  }
}

async function emailPage(visit: Visit): Promise<Answer> {
  const { words } = visit
  const { email } = await me(visit)
  return {
    title: words.changeEmail.title,
    body: html`${refusalNotice(visit)}<p>${words.changeEmail.intro(email)}</p>${form({
      action: '/account/email',
      fields: html`${textField(visit, {
        name: 'newEmail',
        type: 'email',
        label: words.changeEmail.label,
        autocomplete: 'email',
        isFirst: true,
      })}${passwordField(visit, {
        name: 'password',
        label: words.changeEmail.password,
        autocomplete: 'current-password',
      })}`,
      submit: words.changeEmail.submit,
    })}${back(visit)}`,
  }
}

async function verificationPage(visit: Visit): Promise<Answer> {
  const { words, query } = visit
  const { email } = await me(visit)
  const sent =
    query['done'] === 'verification_sent'
      ? html`<div class="notice done" role="status"><p>${words.verify.resent}</p></div>`
      : ''
  return {
    title: words.verify.neededTitle,
    body: html`${sent}${refusalNotice(visit)}<p>${words.verify.needed(email)}</p><p class="actions"><a class="button" href="/continue?return=${encodeURIComponent(
      returnOf(visit) ?? '/account',
    )}">${words.verify.checked}</a></p>${form({
      action: '/account/verification',
      hidden: carried(visit),
      submit: words.verify.resend,
      kind: 'secondary',
    })}<p class="links"><a href="/sign-out">${words.account.signOut}</a></p>`,
  }
}

async function organizationPage(visit: Visit): Promise<Answer> {
  const { words, ctx } = visit
  const { userId } = userOf(ctx)
  const all = await ctx.db.transaction(`account:${userId}`, (tx) => organizationsOf(tx, userId))
  const open = all.filter(
    ({ status, organizationStatus }) => status === 'active' && organizationStatus === 'active',
  )
  return {
    title: words.organization.title,
    body: html`${refusalNotice(visit)}<p>${words.organization.intro}</p>${form({
      action: '/account/organization',
      fields: choice(visit, {
        name: 'organization',
        legend: words.organization.label,
        options: open.map(({ organizationId, name }) => ({
          value: toWire('org', organizationId),
          label: isolated(name),
        })),
        chosen: toWire('org', ctx.organizationId),
      }),
      submit: words.organization.submit,
    })}${back(visit)}`,
  }
}

export const accountSettingScreens: readonly Screen[] = [
  screen({
    path: '/account/profile',
    access: 'person',
    whileOwing: ['profile'],
    show: profilePage,
    fields: z.object({ name: nameField.pipe(z.string().min(1)), locale: localeField, return: returnField }),
    async act(visit, { name, locale }) {
      await updateProfile(visit.ctx, { name, locale })
      return doneOr(visit, 'profile_saved')
    },
  }),
  screen({
    path: '/account/password',
    access: 'person',
    whileOwing: ANYTHING,
    show: passwordPage,
    fields: z.object({ currentPassword: passwordSchema, newPassword: passwordSchema, return: returnField }),
    async act(visit, { currentPassword, newPassword }) {
      const { cookie, expiresAt } = await changeOwnPassword(visit.ctx, { currentPassword, newPassword })
      setCookie(visit.reply, cookie, expiresAt)
      return doneOr(visit, 'password_changed')
    },
  }),
  screen({
    path: '/account/email',
    access: 'person',
    show: emailPage,
    fields: z.object({ newEmail: emailField, password: passwordSchema }),
    async act(visit, { newEmail, password }) {
      await requestEmailChange(visit.ctx, { newEmail, password })
      return { to: '/account?done=email_sent' }
    },
  }),
  screen({
    path: '/account/verification',
    access: 'person',
    whileOwing: ['email_verification'],
    show: verificationPage,
    fields: z.object({ return: returnField }),
    async act(visit) {
      await sendVerification(visit.ctx)
      const kept = returnOf(visit)
      const query = new URLSearchParams({
        done: 'verification_sent',
        ...(kept === undefined ? {} : { return: kept }),
      })
      return { to: `/account/verification?${query}` }
    },
  }),
  screen({
    path: '/account/organization',
    access: 'person',
    show: organizationPage,
    fields: z.object({ organization: z.string().min(1).max(100) }),
    async act({ ctx, reply }, { organization }) {
      const { credentials } = await switchOrganization(ctx, organization)
      setCookie(reply, credentials.cookie, credentials.expiresAt)
      return { to: '/account?done=switched' }
    },
  }),
]
