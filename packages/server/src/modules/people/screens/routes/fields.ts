/** Fields that several forms share. @module */
import { z } from 'zod'
import { passkeyAnswerField } from '#people/factors'
import { type Html, html } from '../pages/html.ts'
import type { Visit } from '../pages/screen.ts'

/** Of a challenge or a link: long enough for any of ours. */
export const tokenField = z.string().min(1).max(500)

/** Where the person wanted to go; judged by `safeReturn` where it is used. */
export const returnField = z.string().max(2_000).optional()

/** What the page's script writes of a passkey: the JSON of an answer. */
export function jsonField<T extends z.ZodType>(schema: T) {
  return z
    .string()
    .min(1)
    .max(40_000)
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text)
      } catch {
        context.addIssue({ code: 'custom', message: 'should be JSON' })
        return z.NEVER
      }
    })
    .pipe(schema)
}

/** An answer of a passkey and the question that it answers, as a form sends them. */
export const passkeyFields = {
  passkey: jsonField(passkeyAnswerField.shape.response),
  question: passkeyAnswerField.shape.challenge,
}

interface Asking {
  readonly kind: 'get' | 'create'
  readonly action: string
  readonly challenge: string
  readonly options: object
  readonly hidden: Html
  readonly fields?: Html
  readonly submit: string
  readonly failed: string
}

/** A form that the page's script fills in by asking for a passkey. Without the script it says that one is needed. */
export function passkeyForm({ words }: Visit, asking: Asking): Html {
  return html`<noscript><div class="notice refused"><p>${words.shell.needsScript}</p></div></noscript><form method="post" action="${
    asking.action
  }" data-passkey="${asking.kind}" data-options="${JSON.stringify(asking.options)}" data-failed="${asking.failed}" data-unsupported="${
    words.passkey.unsupported
  }" novalidate><div class="notice refused" role="alert" data-notice hidden></div>${asking.hidden}${
    asking.fields
  }<input type="hidden" name="question" value="${asking.challenge}"><input type="hidden" name="passkey" value=""><button class="primary" data-needs-script hidden>${
    asking.submit
  }</button></form>`
}
