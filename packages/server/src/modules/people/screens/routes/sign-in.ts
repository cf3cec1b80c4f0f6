/** Signing in: the first step, by password or by passkey. @module */
import { z } from 'zod'
import { passwordField as passwordSchema } from '#people/identity'
import { beginPasskeySignIn, browserOf, signIn, signInByPasskey } from '#people/sessions'
import { hidden } from '../pages/form.ts'
import { html } from '../pages/html.ts'
import { type Screen, screen } from '../pages/screen.ts'
import { passkeyFields, passkeyForm, returnField } from './fields.ts'
import { carried, carrying, goOn } from './going-on.ts'
import { signInPage } from './sign-in-page.ts'
import { stepAnswer } from './sign-in-steps.ts'

export const signInScreens: readonly Screen[] = [
  screen({
    path: '/sign-in',
    access: 'anyone',
    async show(visit) {
      const { request, reply, ctx } = visit
      // A form that was refused is shown again whoever else is signed in with this browser.
      const isSignedIn = !visit.refusal && (await ctx.services.ports.principalOfBrowser(request, reply))
      return isSignedIn ? goOn(visit) : signInPage(visit)
    },
    fields: z.object({ email: z.string().min(1).max(320), password: passwordSchema, return: returnField }),
    async act(visit, { email, password }) {
      return stepAnswer(
        visit,
        await signIn(visit.ctx, { email, password, browser: browserOf(visit.request) }),
      )
    },
  }),
  screen({
    path: '/sign-in/passkey',
    access: 'anyone',
    startsAt: '/sign-in',
    show: signInPage,
    fields: z.object({ return: returnField }),
    async act(visit) {
      const { words } = visit
      const { challenge, options } = await beginPasskeySignIn(visit.ctx)
      return {
        title: words.passkey.title,
        body: html`<p>${words.passkey.intro}</p>${passkeyForm(visit, {
          kind: 'get',
          action: '/sign-in/passkey/answer',
          challenge,
          options,
          hidden: hidden(carried(visit)),
          submit: words.passkey.submit,
          failed: words.passkey.failed,
        })}<p class="links"><a href="${carrying(visit, '/sign-in')}">${words.shell.back}</a></p>`,
      }
    },
  }),
  screen({
    path: '/sign-in/passkey/answer',
    access: 'anyone',
    startsAt: '/sign-in',
    show: signInPage,
    fields: z.object({ ...passkeyFields, return: returnField }),
    async act(visit, { passkey, question }) {
      const browser = browserOf(visit.request)
      const input = { challenge: question, response: passkey, browser }
      return stepAnswer(visit, await signInByPasskey(visit.ctx, input))
    },
  }),
]
