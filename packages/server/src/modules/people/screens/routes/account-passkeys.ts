/** One's own passkeys. @module */
import { z } from 'zod'
import {
  attestationField,
  beginPasskey,
  listOwnPasskeys,
  passkeyNameField,
  registerPasskey,
  renamePasskey,
} from '#people/factors'
import { failures } from '#platform/errors'
import { fromWire, pathId, toWire, type Uuid } from '#platform/ids'
import { form, hidden, refusalNotice, textField } from '../pages/form.ts'
import { html } from '../pages/html.ts'
import { type Answer, type Screen, screen, type Visit } from '../pages/screen.ts'
import { recoveryCodesAnswer, TO_ENROL, toAccount } from './account-factors.ts'
import { jsonField, passkeyFields, passkeyForm, returnField } from './fields.ts'
import { carried } from './going-on.ts'

function addPage(visit: Visit): Answer {
  const { words } = visit
  return {
    title: words.passkeys.addTitle,
    body: html`${refusalNotice(visit)}<p>${words.passkeys.intro}</p>${form({
      action: '/account/passkeys',
      hidden: carried(visit),
      fields: textField(visit, {
        name: 'name',
        label: words.passkeys.name,
        hint: words.passkeys.nameHint,
        maxlength: 100,
        autocomplete: 'off',
        isFirst: true,
      }),
      submit: words.shell.goOn,
    })}<noscript><p class="hint">${words.shell.needsScript}</p></noscript>${toAccount(visit)}`,
  }
}

/** One of the caller's own, by the address or by the form that is shown again. @throws `not_found` */
export async function ownPasskey(visit: Visit): Promise<{ id: Uuid; wire: string; name: string }> {
  const id = fromWire('pky', visit.typed['passkey'] ?? visit.query['passkey'] ?? '')
  const found = (await listOwnPasskeys(visit.ctx)).find((passkey) => passkey.id === id)
  if (!found) throw failures.not_found()
  return { id: found.id, wire: toWire('pky', found.id), name: found.name }
}

async function renamePage(visit: Visit): Promise<Answer> {
  const { words } = visit
  const { wire, name } = await ownPasskey(visit)
  return {
    title: words.passkeys.renameTitle,
    body: html`${refusalNotice(visit)}${form({
      action: '/account/passkeys/rename',
      hidden: { passkey: wire },
      fields: textField(visit, {
        name: 'name',
        label: words.passkeys.name,
        value: name,
        maxlength: 100,
        autocomplete: 'off',
        isFirst: true,
      }),
      submit: words.passkeys.save,
    })}${toAccount(visit)}`,
  }
}

export const accountPasskeyScreens: readonly Screen[] = [
  screen({
    path: '/account/passkeys',
    access: 'person',
    whileOwing: TO_ENROL,
    show: addPage,
    fields: z.object({ name: passkeyNameField, return: returnField }),
    async act(visit, { name }) {
      const { words } = visit
      const { challenge, options } = await beginPasskey(visit.ctx)
      return {
        title: words.passkeys.addTitle,
        body: html`<p>${words.passkeys.createIntro}</p>${passkeyForm(visit, {
          kind: 'create',
          action: '/account/passkeys/finish',
          challenge,
          options,
          hidden: hidden({ ...carried(visit), name }),
          submit: words.passkeys.create,
          failed: words.passkeys.failed,
        })}${toAccount(visit)}`,
      }
    },
  }),
  screen({
    path: '/account/passkeys/finish',
    access: 'person',
    whileOwing: TO_ENROL,
    startsAt: '/account/passkeys',
    show: addPage,
    fields: z.object({
      name: passkeyNameField,
      question: passkeyFields.question,
      passkey: jsonField(attestationField),
      return: returnField,
    }),
    async act(visit, { name, question, passkey }) {
      const made = await registerPasskey(visit.ctx, { name, challenge: question, response: passkey })
      made.session.setCookie(visit.reply)
      return recoveryCodesAnswer(visit, made.recoveryCodes, 'passkey_added')
    },
  }),
  screen({
    path: '/account/passkeys/rename',
    access: 'person',
    show: renamePage,
    fields: z.object({ passkey: pathId('pky'), name: passkeyNameField }),
    async act({ ctx }, { passkey, name }) {
      await renamePasskey(ctx, passkey, name)
      return { to: '/account?done=passkey_renamed' }
    },
  }),
]
