/** Signing out. @module */
import { z } from 'zod'
import { clearCookie, signOut, signOutEverywhere } from '#people/sessions'
import { ANYTHING } from '#platform/http'
import { form } from '../pages/form.ts'
import { html } from '../pages/html.ts'
import { type Screen, screen } from '../pages/screen.ts'
import { said } from './going-on.ts'

export const signOutScreens: readonly Screen[] = [
  screen({
    path: '/sign-out',
    access: 'person',
    whileOwing: ANYTHING,
    show({ words }) {
      return {
        title: words.signOut.title,
        body: html`<p>${words.signOut.intro}</p>${form({
          action: '/sign-out',
          submit: words.signOut.submit,
        })}<section><p>${words.signOut.everywhereIntro}</p>${form({
          action: '/sign-out',
          hidden: { everywhere: 'yes' },
          submit: words.signOut.everywhere,
          kind: 'danger',
        })}</section><p class="links"><a href="/account">${words.signOut.stay}</a></p>`,
      }
    },
    fields: z.object({ everywhere: z.literal('yes').optional() }),
    async act({ ctx, reply }, { everywhere }) {
      await (everywhere ? signOutEverywhere(ctx) : signOut(ctx))
      clearCookie(reply)
      return { to: everywhere ? '/signed-out?everywhere=yes' : '/signed-out' }
    },
  }),
  screen({
    path: '/signed-out',
    access: 'anyone',
    show({ words, query }) {
      const { doneTitle, done, doneEverywhere, again } = words.signOut
      return said(doneTitle, query['everywhere'] === 'yes' ? doneEverywhere : done, {
        href: '/sign-in',
        label: again,
      })
    },
  }),
]
