/** Setting up an authenticator app, and recovery codes. @module */
import { z } from 'zod'
import { beginTotp, codeField, confirmTotp, readOwnFactors, renewRecoveryCodes } from '#people/factors'
import type { Owed } from '#platform/context'
import { form, refusalNotice, textField } from '../pages/form.ts'
import { type Html, html, trusted } from '../pages/html.ts'
import { type Answer, type Page, type Screen, screen, type Visit } from '../pages/screen.ts'
import { returnField } from './fields.ts'
import { carried, carrying, returnOf } from './going-on.ts'

/** What is open to somebody who must enrol before anything else. */
export const TO_ENROL: readonly Owed[] = ['second_factor_enrolment']

export const toAccount = ({ words }: Visit): Html =>
  html`<p class="links"><a href="/account">${words.shell.toAccount}</a></p>`

/** Shown this once; without codes (the account has some already) one goes on at once. */
export function recoveryCodesAnswer(visit: Visit, codes: readonly string[] | null, done: string): Answer {
  const next = returnOf(visit) === undefined ? `/account?done=${done}` : carrying(visit, '/continue')
  if (codes === null || codes.length === 0) return { to: next }
  const { words } = visit
  const file = `data:text/plain;charset=utf-8,${encodeURIComponent(`${codes.join('\r\n')}\r\n`)}`
  return {
    title: words.recoveryCodes.title,
    body: html`<p>${words.recoveryCodes.intro}</p><ul class="codes" dir="ltr">${codes.map(
      (code) => html`<li>${code}</li>`,
    )}</ul><div class="actions"><button type="button" class="secondary" data-print data-needs-script hidden>${
      words.recoveryCodes.print
    }</button><a class="button secondary" download="${words.recoveryCodes.file}" href="${file}">${
      words.recoveryCodes.download
    }</a></div><p class="actions"><a class="button" href="${next}">${words.recoveryCodes.kept}</a></p>`,
  } satisfies Page
}

async function enrolmentPage(visit: Visit): Promise<Answer> {
  const { words, ctx } = visit
  const { methods } = await readOwnFactors(ctx)
  return {
    title: words.authenticator.chooseTitle,
    body: html`${refusalNotice(visit)}<p>${words.authenticator.required}</p>${
      methods.includes('totp')
        ? html`<p>${words.authenticator.intro}</p>${beginForm(visit, words.authenticator.begin)}`
        : ''
    }${
      methods.includes('passkey')
        ? html`<section><p>${words.passkeys.intro}</p><p><a class="button secondary" href="${carrying(
            visit,
            '/account/passkeys',
          )}">${words.authenticator.chosePasskey}</a></p></section>`
        : ''
    }<p class="links"><a href="/sign-out">${words.authenticator.later}</a></p>`,
  }
}

function beginForm(visit: Visit, submit: string, kind: 'primary' | 'secondary' = 'primary'): Html {
  return form({ action: '/account/authenticator', hidden: carried(visit), submit, kind })
}

function authenticatorPage(visit: Visit): Answer {
  const { words } = visit
  return {
    title: words.authenticator.title,
    body: html`${refusalNotice(visit)}<p>${words.authenticator.intro}</p>${beginForm(
      visit,
      words.authenticator.begin,
    )}${toAccount(visit)}`,
  }
}

/** The field for the first code; the secret is in the app by then, or one begins again. */
function confirmForm(visit: Visit): Html {
  const { words } = visit
  return form({
    action: '/account/authenticator/confirm',
    hidden: carried(visit),
    fields: textField(visit, {
      name: 'code',
      isOnce: true,
      label: words.authenticator.code,
      autocomplete: 'one-time-code',
      inputmode: 'numeric',
      isLatin: true,
      maxlength: 20,
      isFirst: true,
    }),
    submit: words.authenticator.confirm,
  })
}

export const accountFactorScreens: readonly Screen[] = [
  screen({
    path: '/account/enrolment',
    access: 'person',
    whileOwing: TO_ENROL,
    show: enrolmentPage,
  }),
  screen({
    path: '/account/authenticator',
    access: 'person',
    whileOwing: TO_ENROL,
    show: authenticatorPage,
    fields: z.object({ return: returnField }),
    async act(visit) {
      const { words } = visit
      const { secret, uri, qr } = await beginTotp(visit.ctx)
      return {
        title: words.authenticator.title,
        body: html`<p>${words.authenticator.scan}</p><div class="qr" role="img" aria-label="${
          words.authenticator.picture
        }">${trusted(qr)}</div><p>${words.authenticator.type} <code class="secret" dir="ltr">${grouped(
          secret,
        )}</code></p><p><a href="${uri}">${words.authenticator.openApp}</a></p>${confirmForm(visit)}`,
      }
    },
  }),
  screen({
    path: '/account/authenticator/confirm',
    access: 'person',
    whileOwing: TO_ENROL,
    startsAt: '/account/authenticator',
    show: (visit) => ({
      title: visit.words.authenticator.title,
      body: html`${refusalNotice(visit)}${confirmForm(visit)}${beginForm(
        visit,
        visit.words.authenticator.again,
        'secondary',
      )}`,
    }),
    fields: z.object({ code: codeField, return: returnField }),
    async act(visit, { code }) {
      const { recoveryCodes, session } = await confirmTotp(visit.ctx, code)
      session.setCookie(visit.reply)
      return recoveryCodesAnswer(visit, recoveryCodes, 'app_set_up')
    },
  }),
  screen({
    path: '/account/recovery-codes',
    access: 'person',
    show: (visit) => ({
      title: visit.words.recoveryCodes.renewTitle,
      body: html`${refusalNotice(visit)}<p>${visit.words.recoveryCodes.renewIntro}</p>${form({
        action: '/account/recovery-codes',
        submit: visit.words.recoveryCodes.renew,
      })}${toAccount(visit)}`,
    }),
    fields: z.object({}),
    async act(visit) {
      const { recoveryCodes, session } = await renewRecoveryCodes(visit.ctx)
      session.setCookie(visit.reply)
      return recoveryCodesAnswer(visit, recoveryCodes, 'codes_renewed')
    },
  }),
]

/** Four by four, as people copy them. */
function grouped(secret: string): string {
  return secret.replace(/(.{4})(?=.)/g, '$1 ')
}
