/** Between a sign-in and where the person wanted to go. @module */
import { html } from '../pages/html.ts'
import { type Screen, screen } from '../pages/screen.ts'
import { returnOf } from './going-on.ts'

/** Screens, which lead to no other site by themselves. */
const OURS = /^\/(account|invite|verify-email|sign-out|device)([/?#]|$)/

export const continueScreen: Screen = screen({
  path: '/continue',
  // Who owes something pays it before they go anywhere.
  access: 'person',
  show(visit) {
    const to = returnOf(visit) ?? '/account'
    if (OURS.test(to)) return { to }
    // Browsers hold the redirects that answer a form to its page's form-action, also those of other sites that follow.
    // So the row of redirects ends at this page, which goes on by itself, with no script.
    const { words } = visit
    return {
      title: words.continue.title,
      goesOnTo: to,
      body: html`<p>${words.continue.intro}</p><p class="actions"><a class="button" href="${to}">${words.shell.goOn}</a></p>`,
    }
  },
})
