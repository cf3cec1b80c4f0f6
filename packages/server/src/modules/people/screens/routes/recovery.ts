/** Getting back in, and what a mailed link of an account opens. Opening a page spends nothing; its button does. @module */
import { z } from 'zod'
import { passwordField as passwordSchema } from '#people/identity'
import {
  activateAccount,
  confirmEmailChange,
  finishReset,
  refuseEmailChange,
  requestReset,
  verifyEmail,
} from '#people/recovery'
import type { Ctx } from '#platform/context'
import { ANYTHING } from '#platform/http'
import { form, passwordField, refusalNotice, textField } from '../pages/form.ts'
import { html } from '../pages/html.ts'
import { type Page, type Screen, screen, type Visit } from '../pages/screen.ts'
import type { Words } from '../pages/words.ts'
import { returnField, tokenField } from './fields.ts'
import { carried, carrying, said } from './going-on.ts'
import { passwordRules } from './password-rules.ts'

/** Of the address that was mailed, or of the form that is shown again. */
export function tokenOf(visit: Visit): string {
  return visit.typed['token'] ?? visit.query['token'] ?? ''
}

const toSignIn = ({ words }: Visit) => ({ href: '/sign-in', label: words.shell.toSignIn })

interface PasswordLink {
  readonly path: string
  title(words: Words): string
  intro(words: Words): string
  run(ctx: Ctx, token: string, password: string): Promise<void>
}

/** A link at whose end one chooses a password. */
function passwordLink(link: PasswordLink): Screen {
  return screen({
    path: link.path,
    access: 'anyone',
    show(visit) {
      const { words } = visit
      return {
        title: link.title(words),
        body: html`${refusalNotice(visit)}<p>${link.intro(words)}</p>${form({
          action: link.path,
          hidden: { token: tokenOf(visit) },
          fields: passwordField(visit, {
            name: 'newPassword',
            label: words.reset.label,
            hint: passwordRules(visit),
            autocomplete: 'new-password',
            isFirst: true,
          }),
          submit: words.reset.submit,
        })}${isDead(visit) ? html`<p class="links"><a href="/forgot">${words.signIn.forgot}</a></p>` : ''}`,
      }
    },
    fields: z.object({ token: tokenField, newPassword: passwordSchema }),
    async act(visit, { token, newPassword }) {
      await link.run(visit.ctx, token, newPassword)
      return { to: `${link.path}/done` }
    },
  })
}

interface ButtonLink {
  readonly path: string
  /** Takes a session of the link's account, too. */
  readonly isOwn?: true
  title(words: Words): string
  intro(words: Words): string
  submit(words: Words): string
  readonly kind?: 'danger'
  run(ctx: Ctx, token: string): Promise<unknown>
}

/** A link at whose end one presses a button. */
function buttonLink({ path, title, intro, submit, kind = undefined, isOwn, run }: ButtonLink): Screen {
  return screen({
    path,
    access: isOwn ? 'person' : 'anyone',
    whileOwing: ANYTHING,
    show(visit) {
      return {
        title: title(visit.words),
        body: html`${refusalNotice(visit)}<p>${intro(visit.words)}</p>${form({
          action: path,
          hidden: { token: tokenOf(visit) },
          submit: submit(visit.words),
          kind: kind ?? 'primary',
        })}<p class="links"><a href="/account">${visit.words.shell.toAccount}</a></p>`,
      }
    },
    fields: z.object({ token: tokenField }),
    async act(visit, { token }) {
      await run(visit.ctx, token)
      return { to: `${path}/done` }
    },
  })
}

const isDead = ({ refusal }: Visit) => refusal?.code === 'identity.link_dead'

/** What follows: a page of its own, so that a reload repeats nothing. */
function donePage(path: string, page: (visit: Visit) => Page): Screen {
  return screen({ path: `${path}/done`, access: 'anyone', show: page })
}

export const recoveryScreens: readonly Screen[] = [
  screen({
    path: '/forgot',
    access: 'anyone',
    show(visit) {
      const { words } = visit
      return {
        title: words.forgot.title,
        body: html`${refusalNotice(visit)}<p>${words.forgot.intro}</p>${form({
          action: '/forgot',
          hidden: carried(visit),
          fields: textField(visit, {
            name: 'email',
            type: 'email',
            label: words.forgot.email,
            autocomplete: 'username',
            isFirst: true,
          }),
          submit: words.forgot.submit,
        })}<p class="links"><a href="${carrying(visit, '/sign-in')}">${words.shell.back}</a></p>`,
      }
    },
    fields: z.object({ email: z.string().min(1).max(320), return: returnField }),
    async act(visit, { email }) {
      await requestReset(visit.ctx, email)
      return { to: '/forgot/done' }
    },
  }),
  donePage('/forgot', (visit) =>
    said(
      visit.words.forgot.sentTitle,
      visit.words.forgot.sent,
      toSignIn(visit),
      html`<p>${visit.words.forgot.notThere}</p>`,
    ),
  ),
  passwordLink({
    path: '/reset-password',
    title: (words) => words.reset.title,
    intro: (words) => words.reset.intro,
    run: (ctx, token, newPassword) => finishReset(ctx, { token, newPassword }),
  }),
  donePage('/reset-password', (visit) =>
    said(visit.words.reset.doneTitle, visit.words.reset.done, toSignIn(visit)),
  ),
  passwordLink({
    path: '/activate',
    title: (words) => words.reset.activateTitle,
    intro: (words) => words.reset.activateIntro,
    run: (ctx, token, password) => activateAccount(ctx, { token, password }),
  }),
  donePage('/activate', (visit) =>
    said(visit.words.reset.doneTitle, visit.words.reset.done, toSignIn(visit)),
  ),
  buttonLink({
    path: '/verify-email',
    isOwn: true,
    title: (words) => words.verify.title,
    intro: (words) => words.verify.intro,
    submit: (words) => words.verify.submit,
    run: verifyEmail,
  }),
  donePage('/verify-email', (visit) =>
    said(visit.words.verify.doneTitle, visit.words.verify.done, {
      href: '/continue',
      label: visit.words.shell.goOn,
    }),
  ),
  buttonLink({
    path: '/confirm-email',
    isOwn: true,
    title: (words) => words.changeEmail.confirmTitle,
    intro: (words) => words.changeEmail.confirmIntro,
    submit: (words) => words.changeEmail.confirm,
    run: confirmEmailChange,
  }),
  donePage('/confirm-email', (visit) =>
    said(visit.words.changeEmail.doneTitle, visit.words.changeEmail.done, {
      href: '/continue',
      label: visit.words.shell.goOn,
    }),
  ),
  buttonLink({
    path: '/refuse-email',
    title: (words) => words.changeEmail.refuseTitle,
    intro: (words) => words.changeEmail.refuseIntro,
    submit: (words) => words.changeEmail.refuse,
    kind: 'danger',
    run: refuseEmailChange,
  }),
  donePage('/refuse-email', (visit) =>
    said(visit.words.changeEmail.refusedTitle, visit.words.changeEmail.refused, {
      href: '/forgot',
      label: visit.words.reset.title,
    }),
  ),
]
