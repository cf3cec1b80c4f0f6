/**
 * Pages that a person sees while signing in: what they are told, and by default a plain page that tells it. The
 * composition root passes better ones; these keep every flow whole without them, and without JavaScript.
 *
 * @module
 */
import type { FastifyRequest } from 'fastify'

export interface Page {
  readonly html: string
  /** The page's own Content-Security-Policy. */
  readonly policy?: string
  readonly status?: number
}

/** A form posts its fields and `xsrf` to `action`. */
interface Form {
  readonly action: string
  readonly xsrf: string
}

export interface ConsentView {
  readonly client: string
  /** Of the platform itself: who sits there confirms that they meant this application. */
  readonly isFirstParty: boolean
  readonly organization: string
  readonly scopes: readonly string[]
  /** Posted with `decision` of `allow` or `deny`. */
  readonly action: string
}

export type Shown = Page | Promise<Page>

/** Renders each page in the language of the request. */
export interface SignOnPages {
  error(request: FastifyRequest, view: { error: string; description: string | undefined }): Shown
  consent(request: FastifyRequest, view: ConsentView): Shown
  /** Posts `logout=yes`, or without it to stay signed in. */
  signOut(request: FastifyRequest, view: Form & { client: string | undefined }): Shown
  signedOut(request: FastifyRequest, view: { client: string | undefined }): Shown
  /** Posts `user_code`. */
  deviceCode(
    request: FastifyRequest,
    view: Form & { problem: 'wrong_code' | 'interrupted' | 'failed' | undefined },
  ): Shown
  /** Posts `user_code` with `confirm=yes`, or with `abort=yes`. */
  deviceConfirm(request: FastifyRequest, view: Form & { userCode: string; client: string }): Shown
  deviceDone(request: FastifyRequest, view: { client: string | undefined }): Shown
}

/** No script but the one by which the library itself posts a form, which it names by its hash. */
export const FORM_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"

/** Answers with a page from within the library. */
export async function shownBy(ctx: object, page: Shown): Promise<void> {
  const { html, policy } = await page
  const answer = ctx as { type: string; body: string; set(name: string, value: string): void }
  answer.set('content-security-policy', policy ?? FORM_POLICY)
  answer.type = 'html'
  answer.body = html
}

const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

const hidden = (name: string, value: string) =>
  `<input type="hidden" name="${name}" value="${escaped(value)}">`

function page(title: string, body: string): Page {
  return {
    html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title></head><body><main><h1>${title}</h1>${body}</main></body></html>`,
  }
}

const form = ({ action, xsrf }: Form, fields: string) =>
  `<form method="post" action="${escaped(action)}">${hidden('xsrf', xsrf)}${fields}</form>`

const PROBLEMS = {
  wrong_code: 'There is no such code, or it is no longer open. Look at the device again.',
  interrupted: 'The sign-in was interrupted.',
  failed: 'The sign-in failed.',
}

export const plainPages: SignOnPages = {
  error: (_, { error, description }) =>
    page('Sign-in failed', `<p>${escaped(description ?? error)}</p><p><code>${escaped(error)}</code></p>`),
  consent: (_, { client, organization, scopes, action }) =>
    page(
      `Continue to ${escaped(client)}?`,
      `<p>It will receive, for ${escaped(organization)}: ${scopes.map(escaped).join(', ')}</p><form method="post" action="${escaped(action)}"><button name="decision" value="allow">Continue</button> <button name="decision" value="deny">Refuse</button></form>`,
    ),
  signOut: (_, view) =>
    page(
      'Sign out?',
      form(
        view,
        '<p>You will be signed out of all applications.</p><button name="logout" value="yes">Sign out</button> <button>Stay signed in</button>',
      ),
    ),
  signedOut: () => page('Signed out', '<p>You are signed out.</p>'),
  deviceCode: (_, view) =>
    page(
      'Connect a device',
      `${view.problem ? `<p role="alert">${PROBLEMS[view.problem]}</p>` : ''}${form(view, '<label>Code on the device <input name="user_code" autocomplete="off" autofocus required></label> <button>Continue</button>')}`,
    ),
  deviceConfirm: (_, view) =>
    page(
      `Connect ${escaped(view.client)}?`,
      form(
        view,
        `<p>The device should show <strong>${escaped(view.userCode)}</strong>. If you did not begin this, refuse.</p>${hidden('user_code', view.userCode)}<button name="confirm" value="yes">Connect</button> <button name="abort" value="yes">Refuse</button>`,
      ),
    ),
  deviceDone: () => page('Device connected', '<p>Go on at the device.</p>'),
}
