/**
 * The pages of one sign-on that the provider itself asks for: consent, a device's code, signing out, what went wrong.
 *
 * @module
 */

import type { FastifyRequest } from 'fastify'
import type { SignOnPages } from '#people/sign-on'
import type { Services } from '#platform/context'
import { frameOf } from '../pages/answer.ts'
import { hidden } from '../pages/form.ts'
import { type Hole, type Html, html, isolated } from '../pages/html.ts'
import { document } from '../pages/layout.ts'
import type { Page } from '../pages/screen.ts'
import type { Words } from '../pages/words.ts'

interface Button {
  readonly name: string
  readonly value: string
  readonly label: string
  readonly kind?: 'secondary'
}

interface Form {
  readonly action: string
  readonly xsrf?: string
}

/** A form of which each button says something else. */
function decision({ action, xsrf }: Form, fields: Hole, buttons: readonly Button[]): Html {
  return html`<form method="post" action="${action}" novalidate>${hidden({ xsrf })}${fields}<div class="actions">${buttons.map(
    ({ name, value, label, kind = 'primary' }) =>
      html`<button class="${kind}" name="${name}" value="${value}">${label}</button>`,
  )}</div></form>`
}

function scopeWords({ consent }: Words, scope: string): Hole {
  const { openid, profile, email, organization, roles, permissions, offline_access } = consent
  const known = { openid, profile, email, organization, roles, permissions, offline_access }
  return Object.hasOwn(known, scope) ? known[scope as keyof typeof known] : consent.scope(scope)
}

/** Renders what the provider shows, in the frame of all other pages. */
export function createSignOnPages(services: Services): SignOnPages {
  const shown = async (request: FastifyRequest, page: (words: Words) => Page) => {
    const frame = await frameOf(services, request)
    return { html: document(frame, page(frame.words)) }
  }
  return {
    error: (request, { error, description }) =>
      shown(request, (words) => {
        const known = Object.hasOwn(words.refusals, error)
          ? words.refusals[error as keyof Words['refusals']]
          : undefined
        const detail = html`<p class="hint">${words.problem.oidcDetail} <bdi lang="en">${description ?? error}</bdi></p>`
        return {
          title: words.problem.title,
          body: html`<div class="notice refused" role="alert"><p>${known ?? words.problem.oidc}</p></div>${
            known === undefined ? detail : ''
          }<p class="hint">${words.problem.requestId(request.id)}</p>`,
        }
      }),
    consent: (request, { client, organization, scopes, action }) =>
      shown(request, (words) => ({
        title: words.consent.title(client),
        body: html`<p>${words.consent.intro(client)}</p><ul class="rules">${scopes.map(
          (scope) => html`<li>${scopeWords(words, scope)}</li>`,
        )}</ul><p class="hint">${words.account.organization}: ${isolated(organization)}</p>${decision(
          { action },
          '',
          [
            { name: 'decision', value: 'allow', label: words.consent.allow },
            { name: 'decision', value: 'deny', label: words.consent.deny, kind: 'secondary' },
          ],
        )}`,
      })),
    signOut: (request, form) =>
      shown(request, (words) => ({
        title: words.signOut.title,
        body: html`<p>${words.signOut.intro}</p>${decision(form, '', [
          { name: 'logout', value: 'yes', label: words.signOut.submit },
          { name: 'stay', value: 'yes', label: words.signOut.stay, kind: 'secondary' },
        ])}`,
      })),
    signedOut: (request) =>
      shown(request, (words) => ({
        title: words.signOut.doneTitle,
        body: html`<div class="notice done" role="status"><p>${words.signOut.done}</p></div><p class="actions"><a class="button" href="/sign-in">${words.signOut.again}</a></p>`,
      })),
    deviceCode: (request, form) => shown(request, (words) => deviceCodePage(words, form)),
    deviceConfirm: (request, { client, userCode, ...form }) =>
      shown(request, (words) => ({
        title: words.device.confirmTitle(client),
        body: html`<p>${words.device.confirmIntro}</p><p><code class="secret" dir="ltr">${userCode}</code></p>${decision(
          form,
          hidden({ user_code: userCode }),
          [
            { name: 'confirm', value: 'yes', label: words.device.confirm },
            { name: 'abort', value: 'yes', label: words.device.abort, kind: 'secondary' },
          ],
        )}`,
      })),
    deviceDone: (request) =>
      shown(request, (words) => ({
        title: words.device.doneTitle,
        body: html`<div class="notice done" role="status"><p>${words.device.done}</p></div>`,
      })),
  }
}

type CodeForm = Form & { readonly problem: keyof Words['device']['problems'] | undefined }

function deviceCodePage(words: Words, { problem, ...form }: CodeForm): Page {
  const sentence = problem && words.device.problems[problem]
  const refused = problem === 'wrong_code'
  return {
    title: words.device.title,
    body: html`${sentence && !refused ? html`<div class="notice refused" role="alert"><p>${sentence}</p></div>` : ''}<p>${
      words.device.intro
    }</p>${decision(
      form,
      html`<div class="field"><label for="user_code">${words.device.label}</label><input id="user_code" name="user_code" type="text" dir="ltr" maxlength="40" autocomplete="off" autocapitalize="characters" spellcheck="false" required autofocus${
        refused ? html` aria-invalid="true" aria-describedby="user_code-error"` : ''
      }>${refused ? html`<div class="error" id="user_code-error">${sentence}</div>` : ''}</div>`,
      [{ name: 'go', value: 'on', label: words.device.submit }],
    )}`,
  }
}
