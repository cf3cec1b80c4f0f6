/** How a person goes on from one screen to the next. @module */
import { type SignInResult, setSignInCookies } from '#people/sessions'
import { type Html, html } from '../pages/html.ts'
import type { Answer, Page, Visit } from '../pages/screen.ts'

/** Where the person wanted to go, a path of this server: of the address, or of the form that carried it on. */
export function returnOf(visit: Visit): string | undefined {
  return visit.typed['return'] ?? visit.query['return']
}

/** What every form of a sign-in carries on. */
export function carried(visit: Visit): { return: string | undefined } {
  return { return: returnOf(visit) }
}

/** An address with what is carried on. */
export function carrying(visit: Visit, path: string, more: Readonly<Record<string, string>> = {}): string {
  const wanted = returnOf(visit)
  const query = new URLSearchParams({ ...(wanted === undefined ? {} : { return: wanted }), ...more })
  return query.size === 0 ? path : `${path}?${query}`
}

/** After a sign-in, or after something that was owed: what is still owed comes first, then where they wanted to go. */
export function goOn(visit: Visit): Answer {
  return { to: carrying(visit, '/continue') }
}

/** Only where a sign-in ended in a session. */
export function enter(visit: Visit, result: Extract<SignInResult, { credentials: unknown }>): Answer {
  setSignInCookies(visit.reply, result)
  return goOn(visit)
}

/** A page that says what was done, and where one goes next. */
export function said(
  title: string,
  sentence: string,
  next: { readonly href: string; readonly label: string } | undefined,
  more?: Html,
): Page {
  return {
    title,
    body: html`<div class="notice done" role="status"><p>${sentence}</p></div>${more}${
      next === undefined
        ? ''
        : html`<p class="actions"><a class="button" href="${next.href}">${next.label}</a></p>`
    }`,
  }
}
