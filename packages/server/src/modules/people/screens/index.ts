/**
 * The pages that people see: signing in and out, getting back in, coming in, and one's own security.
 *
 * Invariants
 * - A page does nothing by itself: behind each form is the command that the API calls, under the same rules.
 * - Every form is sent by a page of ours, also where nobody is signed in; opening a page changes nothing.
 * - Whatever somebody typed or chose is text on a page, never markup.
 * - Nobody is led to another site by an address: only paths of this server are gone on to.
 * - Who owes something (a password, a factor, a verified address) pays it before any other page opens.
 * - All of it works without JavaScript, save passkeys, which have no other way.
 *
 * @module
 */
export { sendProblem } from './pages/answer.ts'
export { mountScreens } from './pages/mount.ts'
export { createSignOnPages } from './routes/sign-on-pages.ts'
export { screens } from './routes.ts'
