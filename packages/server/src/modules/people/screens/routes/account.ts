/** One's own security, on one page: where applications send people who ask for it. @module */
import { z } from 'zod'
import { listOwnPasskeys, readOwnFactors } from '#people/factors'
import { organizationsOf, userOf } from '#people/identity'
import {
  deviceOf,
  endOtherSessions,
  endOwnSession,
  forgetOwnDevice,
  listOwnDevices,
  listOwnSessions,
  readMe,
} from '#people/sessions'
import { listConsents, withdrawConsent } from '#people/sign-on'
import { pathId, toWire } from '#platform/ids'
import { form, refusalNotice } from '../pages/form.ts'
import { type Html, html, isolated } from '../pages/html.ts'
import { type Answer, type Screen, screen, type Visit } from '../pages/screen.ts'
import { moment } from './moments.ts'

const SHOWN = { limit: 50, after: undefined }

async function accountPage(visit: Visit): Promise<Answer> {
  const { ctx, words } = visit
  const { userId, sessionId } = userOf(ctx)
  const me = await readMe(ctx, userId, sessionId)
  const factors = await readOwnFactors(ctx)
  const passkeys = await listOwnPasskeys(ctx)
  const sessions = await listOwnSessions(ctx, userId, SHOWN)
  const { devices, current } = await listOwnDevices(ctx, { userId, sessionId }, SHOWN)
  const applications = await ctx.db.transaction('sign-on', (tx) =>
    listConsents(tx, ctx.organizationId, userId),
  )
  const organizations = await ctx.db.transaction(`account:${userId}`, (tx) => organizationsOf(tx, userId))
  return {
    title: words.account.title,
    isWide: true,
    body: html`${doneNotice(visit)}${refusalNotice(visit)}${personSection(visit, me.user)}${passwordSection(
      visit,
      me.user.passwordChangedAt,
    )}${factorSection(visit, factors, passkeys)}${sessionSection(visit, sessions, sessionId)}${deviceSection(
      visit,
      devices,
      current,
    )}${applicationSection(visit, applications)}${organizationSection(visit, me.organization.name, organizations.length)}`,
  }
}

/** What a button is about, for who does not see what it stands beside. Begins with what it says (WCAG 2.5.3). */
const about = (label: string, subject: string) => `${label}: ${subject}`

/** What was done on the page before. */
function doneNotice({ query, words }: Visit): Html {
  const sentence = Object.hasOwn(words.done, query['done'] ?? '')
    ? words.done[query['done'] as keyof typeof words.done]
    : undefined
  return sentence === undefined
    ? html``
    : html`<div class="notice done" role="status"><p>${sentence}</p></div>`
}

type Me = Awaited<ReturnType<typeof readMe>>['user']

function personSection({ words }: Visit, user: Me): Html {
  const { account } = words
  return html`<section aria-labelledby="person"><h2 id="person">${user.name === '' ? isolated(user.email) : isolated(user.name)}</h2><ul class="rows"><li><span class="what">${isolated(
    user.email,
  )}<small>${user.emailVerifiedAt === null ? account.notVerified : account.verified}</small></span><a class="button secondary" href="/account/email" aria-label="${about(account.change, account.email)}">${
    account.change
  }</a></li><li><span class="what">${account.profile}</span><a class="button secondary" href="/account/profile" aria-label="${about(account.change, account.profile)}">${
    account.change
  }</a></li></ul></section>`
}

function passwordSection({ words, language }: Visit, changedAt: Date | null): Html {
  const { account } = words
  return html`<section aria-labelledby="password"><h2 id="password">${account.password}</h2><ul class="rows"><li><span class="what">${
    changedAt === null ? account.passwordNever : account.passwordChanged(moment(changedAt, language))
  }</span><a class="button secondary" href="/account/password" aria-label="${about(account.change, account.password)}">${account.change}</a></li></ul></section>`
}

type Factors = Awaited<ReturnType<typeof readOwnFactors>>
type Passkeys = Awaited<ReturnType<typeof listOwnPasskeys>>

function factorSection(visit: Visit, factors: Factors, passkeys: Passkeys): Html {
  const { account, recoveryCodes } = visit.words
  const takesPasskeys = factors.methods.includes('passkey') || factors.passwordless
  const codes = factors.enrolled
    ? html`<li><span class="what">${account.recoveryCodes}<small>${recoveryCodes.left(
        factors.recoveryCodes,
      )}</small></span><a class="button secondary" href="/account/recovery-codes">${recoveryCodes.renew}</a></li>`
    : ''
  return html`<section aria-labelledby="factors"><h2 id="factors">${account.factors}</h2><p class="hint">${
    account.factorsIntro[factors.level]
  }</p><ul class="rows">${appRow(visit, factors)}${codes}</ul>${
    takesPasskeys || passkeys.length > 0 ? passkeyRows(visit, passkeys, takesPasskeys) : ''
  }</section>`
}

function appRow({ words }: Visit, { totp, methods }: Factors): Html {
  const { account } = words
  if (!totp && !methods.includes('totp')) return html``
  return html`<li><span class="what">${account.app} ${
    totp ? html`<span class="badge">${account.isOn}</span>` : html`<small>${account.isOff}</small>`
  }</span>${
    totp
      ? html`<a class="button secondary" href="/account/authenticator/remove" aria-label="${about(account.remove, account.app)}">${account.remove}</a>`
      : html`<a class="button" href="/account/authenticator" aria-label="${about(account.setUp, account.app)}">${account.setUp}</a>`
  }</li>`
}

function passkeyRows({ words, language }: Visit, passkeys: Passkeys, isTaken: boolean): Html {
  const { account } = words
  const rows = passkeys.map(({ id, name, lastUsedAt }) => {
    const key = encodeURIComponent(toWire('pky', id))
    return html`<li><span class="what">${isolated(name)}<small>${
      lastUsedAt === null ? words.passkeys.never : words.passkeys.lastUsed(moment(lastUsedAt, language))
    }</small></span><span class="side"><a class="button secondary" href="/account/passkeys/rename?passkey=${key}" aria-label="${about(words.passkeys.rename, name)}">${words.passkeys.rename}</a><a class="button secondary" href="/account/passkeys/remove?passkey=${key}" aria-label="${about(account.remove, name)}">${account.remove}</a></span></li>`
  })
  return html`<h3>${account.passkeys}</h3><ul class="rows">${rows.length > 0 ? rows : html`<li><span class="what">${account.noPasskeys}</span></li>`}</ul>${
    isTaken ? html`<p><a class="button secondary" href="/account/passkeys">${words.passkeys.add}</a></p>` : ''
  }`
}

type Sessions = Awaited<ReturnType<typeof listOwnSessions>>

function sessionSection({ words, language }: Visit, rows: Sessions, current: string): Html {
  const { account } = words
  const shown = rows.slice(0, SHOWN.limit)
  const list = shown.map((row) => {
    const device = deviceOf(row.userAgent ?? '')
    const state = row.id === current ? account.thisSession : row.isIdle ? account.idle : ''
    return html`<li><span class="what">${isolated(device)}${state === '' ? '' : html` <span class="badge">${state}</span>`}<small>${isolated(
      row.organization.name,
    )}${row.ip === null ? '' : html` · <bdi>${row.ip}</bdi>`}</small><small>${account.lastUsed(
      moment(row.lastUsedAt, language),
    )}</small></span>${
      row.id === current
        ? html`<a class="button secondary" href="/sign-out">${account.end}</a>`
        : form({
            action: '/account/sessions/end',
            hidden: { session: toWire('ses', row.id) },
            submit: account.end,
            kind: 'secondary',
            about: about(account.end, device),
          })
    }</li>`
  })
  return html`<section aria-labelledby="sessions"><h2 id="sessions">${account.sessions}</h2><ul class="rows">${list}</ul>${
    rows.length > shown.length ? html`<p class="hint">${account.moreSessions}</p>` : ''
  }${
    rows.length > 1
      ? form({ action: '/account/sessions/end-others', submit: account.endOthers, kind: 'danger' })
      : ''
  }</section>`
}

type Devices = Awaited<ReturnType<typeof listOwnDevices>>['devices']

function deviceSection({ words, language }: Visit, devices: Devices, current: string | null): Html {
  const { account } = words
  const rows = devices.slice(0, SHOWN.limit).map(
    ({ id, name, lastUsedAt }) =>
      html`<li><span class="what">${isolated(name)}${id === current ? html` <span class="badge">${account.thisSession}</span>` : ''}<small>${account.lastUsed(
        moment(lastUsedAt, language),
      )}</small></span>${form({
        action: '/account/devices/forget',
        hidden: { device: toWire('dev', id) },
        submit: account.forget,
        kind: 'secondary',
        about: about(account.forget, name),
      })}</li>`,
  )
  return html`<section aria-labelledby="devices"><h2 id="devices">${account.devices}</h2><p class="hint">${account.devicesIntro}</p><ul class="rows">${
    rows.length > 0 ? rows : html`<li><span class="what">${account.noDevices}</span></li>`
  }</ul></section>`
}

/** Only where there are any: most people never meet one. */
function applicationSection(
  { words, language }: Visit,
  rows: Awaited<ReturnType<typeof listConsents>>,
): Html {
  const { account } = words
  if (rows.length === 0) return html``
  const list = rows.map(
    ({ clientId, name, givenAt }) =>
      html`<li><span class="what">${isolated(name)}<small>${moment(givenAt, language)}</small></span>${form({
        action: '/account/applications/withdraw',
        hidden: { application: toWire('cli', clientId) },
        submit: account.withdraw,
        kind: 'secondary',
        about: about(account.withdraw, name),
      })}</li>`,
  )
  return html`<section aria-labelledby="applications"><h2 id="applications">${account.applications}</h2><ul class="rows">${list}</ul></section>`
}

function organizationSection({ words }: Visit, name: string, count: number): Html {
  const { account } = words
  return html`<section aria-labelledby="organization"><h2 id="organization">${account.organization}</h2><ul class="rows"><li><span class="what">${isolated(
    name,
  )}</span>${
    count > 1 ? html`<a class="button secondary" href="/account/organization">${account.switchTo}</a>` : ''
  }</li></ul><p><a class="button secondary" href="/sign-out">${account.signOut}</a></p></section>`
}

/** A button of the page; what follows is the page again, with what was done. */
function button<S extends z.ZodObject>(
  path: string,
  fields: S,
  done: string,
  run: (visit: Visit, fields: z.output<S>) => Promise<unknown>,
): Screen {
  return screen({
    path,
    access: 'person',
    startsAt: '/account',
    show: accountPage,
    fields,
    async act(visit, values) {
      await run(visit, values as z.output<S>)
      return { to: `/account?done=${done}` }
    },
  })
}

export const accountScreens: readonly Screen[] = [
  screen({ path: '/account', access: 'person', show: accountPage }),
  button(
    '/account/sessions/end',
    z.object({ session: pathId('ses') }),
    'session_ended',
    ({ ctx }, { session }) => endOwnSession(ctx, session),
  ),
  button('/account/sessions/end-others', z.object({}), 'others_ended', ({ ctx }) => endOtherSessions(ctx)),
  button(
    '/account/devices/forget',
    z.object({ device: pathId('dev') }),
    'device_forgotten',
    ({ ctx }, { device }) => forgetOwnDevice(ctx, device),
  ),
  button(
    '/account/applications/withdraw',
    z.object({ application: pathId('cli') }),
    'application_withdrawn',
    ({ ctx }, { application }) => withdrawConsent(ctx, application),
  ),
]
