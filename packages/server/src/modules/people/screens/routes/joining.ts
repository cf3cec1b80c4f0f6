/** Coming in by a mail: invited, or registered by oneself. @module */
import { z } from 'zod'
import { emailField, nameField, passwordField as passwordSchema } from '#people/identity'
import {
  acceptInvite,
  acceptInviteAsNewPerson,
  finishRegistration,
  lookAtInvite,
  requestRegistration,
  titlesOf,
} from '#people/invites'
import { choice, form, passwordField, refusalNotice, textField } from '../pages/form.ts'
import { html } from '../pages/html.ts'
import { type Answer, type Screen, screen, type Visit } from '../pages/screen.ts'
import { returnField, tokenField } from './fields.ts'
import { carried, carrying, said } from './going-on.ts'
import { moment } from './moments.ts'
import { passwordRules } from './password-rules.ts'
import { tokenOf } from './recovery.ts'

const givenName = nameField.pipe(z.string().min(1))

async function invitePage(visit: Visit): Promise<Answer> {
  const { words, ctx, language } = visit
  const token = tokenOf(visit)
  const invite = await lookAtInvite(ctx, token).catch((error: unknown) => {
    // What was refused may have been the end of the invitation: then that is all there is to show.
    if (visit.refusal) return undefined
    throw error
  })
  if (!invite) return { title: words.problem.title, body: refusalNotice(visit) }
  const own = `/invite?token=${encodeURIComponent(token)}`
  const facts = html`<p>${words.invite.introAlone(invite.organization.name)} ${words.invite.roles(
    invite.roles.join(', '),
  )}</p><p class="hint">${words.invite.address(invite.email)} ${words.invite.until(moment(invite.expiresAt, language))}</p>`
  const accept = ctx.principal
    ? form({ action: '/invite/join', hidden: { token }, submit: words.invite.join })
    : invite.hasAccount
      ? html`<p>${words.invite.existing}</p><p class="actions"><a class="button" href="/sign-in?return=${encodeURIComponent(own)}">${words.invite.signIn}</a></p>`
      : form({
          action: '/invite',
          hidden: { token },
          fields: html`${textField(visit, {
            name: 'name',
            label: words.invite.name,
            autocomplete: 'name',
            maxlength: 200,
            isFirst: true,
          })}${passwordField(visit, {
            name: 'password',
            label: words.invite.password,
            hint: passwordRules(visit),
            autocomplete: 'new-password',
          })}`,
          submit: words.invite.accept,
        })
  return {
    title: words.invite.title(invite.organization.name),
    body: html`${refusalNotice(visit)}${facts}${accept}`,
  }
}

function closedPage({ words }: Visit): Answer {
  return {
    title: words.register.closedTitle,
    body: html`<p>${words.register.closed}</p><p class="links"><a href="/sign-in">${words.shell.toSignIn}</a></p>`,
  }
}

function registerPage(visit: Visit): Answer {
  const { words, ctx, language } = visit
  const roles = ctx.policy.policy.provisioning.selfRegister
  if (roles.length === 0) return closedPage(visit)
  const titles = titlesOf(ctx.policy, roles, language)
  return {
    title: words.register.title,
    body: html`${refusalNotice(visit)}<p>${words.register.intro}</p>${form({
      action: '/register',
      hidden: carried(visit),
      fields: html`${textField(visit, {
        name: 'organization',
        label: words.register.organization,
        hint: words.register.organizationHint,
        value: visit.query['organization'] ?? '',
        isLatin: true,
        maxlength: 100,
        isFirst: true,
      })}${textField(visit, {
        name: 'email',
        type: 'email',
        label: words.register.email,
        autocomplete: 'email',
      })}${textField(visit, {
        name: 'name',
        label: words.register.name,
        autocomplete: 'name',
        maxlength: 200,
      })}${
        roles.length > 1
          ? choice(visit, {
              name: 'role',
              legend: words.register.role,
              options: roles.map((role, index) => ({ value: role, label: titles[index]! })),
            })
          : ''
      }`,
      submit: words.register.submit,
    })}<p class="links"><a href="${carrying(visit, '/sign-in')}">${words.register.haveAccount}</a></p>`,
  }
}

const toSignIn = ({ words }: Visit) => ({ href: '/sign-in', label: words.shell.toSignIn })

export const joiningScreens: readonly Screen[] = [
  screen({
    path: '/invite',
    access: 'either',
    show: invitePage,
    fields: z.object({ token: tokenField, name: givenName, password: passwordSchema }),
    async act(visit, { token, name, password }) {
      await acceptInviteAsNewPerson(visit.ctx, { token, name, password, locale: visit.language })
      return { to: '/invite/done' }
    },
  }),
  screen({
    path: '/invite/join',
    access: 'person',
    startsAt: '/invite',
    show: invitePage,
    fields: z.object({ token: tokenField }),
    async act(visit, { token }) {
      await acceptInvite(visit.ctx, token)
      return { to: '/account?done=joined#organization' }
    },
  }),
  screen({
    path: '/invite/done',
    access: 'anyone',
    show: (visit) => said(visit.words.invite.doneTitle, visit.words.invite.done, toSignIn(visit)),
  }),
  screen({
    path: '/register',
    access: 'anyone',
    show: registerPage,
    fields: z.object({
      organization: z.string().min(1).max(100),
      email: emailField,
      name: givenName,
      role: z.string().max(100).optional(),
      return: returnField,
    }),
    async act(visit, { organization, email, name, role }) {
      await requestRegistration(visit.ctx, {
        organization: organization.trim(),
        email,
        name,
        role,
        locale: visit.language,
      })
      return { to: '/register/sent' }
    },
  }),
  screen({
    path: '/register/sent',
    access: 'anyone',
    show: (visit) =>
      said(
        visit.words.register.sentTitle,
        visit.words.register.sent,
        toSignIn(visit),
        html`<p>${visit.words.forgot.notThere}</p>`,
      ),
  }),
  screen({
    path: '/register/finish',
    access: 'anyone',
    show(visit) {
      const { words } = visit
      return {
        title: words.register.finishTitle,
        body: html`${refusalNotice(visit)}<p>${words.register.finishIntro}</p>${form({
          action: '/register/finish',
          hidden: { token: tokenOf(visit) },
          fields: passwordField(visit, {
            name: 'password',
            label: words.register.password,
            hint: passwordRules(visit),
            autocomplete: 'new-password',
            isFirst: true,
          }),
          submit: words.register.finish,
        })}`,
      }
    },
    fields: z.object({ token: tokenField, password: passwordSchema }),
    async act(visit, { token, password }) {
      await finishRegistration(visit.ctx, { token, password })
      return { to: '/register/done' }
    },
  }),
  screen({
    path: '/register/done',
    access: 'anyone',
    show: (visit) => said(visit.words.register.doneTitle, visit.words.register.done, toSignIn(visit)),
  }),
]
