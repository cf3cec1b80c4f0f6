/**
 * Forms: fields with their labels, hints and refusals joined to them, so that a screen reader says what a sighted
 * person sees.
 *
 * @module
 */
import { type Hole, type Html, html } from './html.ts'
import type { Visit } from './screen.ts'

interface Field {
  readonly name: string
  readonly label: string
  readonly hint?: Hole
  readonly autocomplete?: string
  /** Optional fields say so in their label; all others are required. */
  readonly isOptional?: boolean
  /** Where a person begins. Of a form that is shown again the first refused field is. */
  readonly isFirst?: boolean
}

interface TextField extends Field {
  readonly type?: 'text' | 'email'
  /** What stands in it at first; what was typed goes before. */
  readonly value?: string
  /** Latin letters and digits, whatever the page's direction. */
  readonly isLatin?: boolean
  readonly inputmode?: 'numeric' | 'text'
  readonly maxlength?: number
  /** Good once, so never shown again. */
  readonly isOnce?: boolean
}

/** A text. What was typed before stands in it again. */
export function textField(visit: Visit, field: TextField): Html {
  const { type = 'text', value = '', isLatin = type === 'email', inputmode, maxlength = 320 } = field
  const shown = field.isOnce ? '' : (visit.typed[field.name] ?? value)
  return labelled(
    visit,
    field,
    (joined) =>
      html`<input type="${type}" value="${shown}" maxlength="${maxlength}"${inputmode ? html` inputmode="${inputmode}"` : ''}${
        isLatin ? html` dir="ltr" autocapitalize="none" spellcheck="false"` : html` dir="auto"`
      }${joined}>`,
  )
}

/** A password. Nothing ever stands in it when it is shown. */
export function passwordField(visit: Visit, field: Field): Html {
  return labelled(
    visit,
    field,
    (joined) => html`<input type="password" dir="ltr" maxlength="1024" spellcheck="false"${joined}>`,
  )
}

/** One of a few, each to be read before it is taken. */
export function choice(
  visit: Visit,
  field: {
    name: string
    legend: string
    options: readonly { value: string; label: Hole; detail?: Hole }[]
    chosen?: string
  },
): Html {
  const chosen = visit.typed[field.name] ?? field.chosen ?? field.options[0]?.value
  const refused = visit.refusal?.fields.get(field.name)
  const options = field.options.map(
    ({ value, label, detail }, index) =>
      html`<label class="option"><input type="radio" name="${field.name}" value="${value}" required${
        value === chosen ? html` checked` : ''
      }${refused && index === 0 ? html` aria-describedby="${field.name}-error" autofocus` : ''}><span>${label}${
        detail === undefined ? '' : html`<small>${detail}</small>`
      }</span></label>`,
  )
  return html`<fieldset class="choice"><legend>${field.legend}</legend>${options}${refusedText(field.name, refused)}</fieldset>`
}

export function hidden(values: Readonly<Record<string, string | undefined>>): Html {
  return html`${Object.entries(values).map(([name, value]) =>
    value === undefined ? '' : html`<input type="hidden" name="${name}" value="${value}">`,
  )}`
}

export interface FormSpec {
  readonly action: string
  readonly fields?: Hole
  readonly hidden?: Readonly<Record<string, string | undefined>>
  readonly submit: Hole
  readonly kind?: 'primary' | 'secondary' | 'danger'
  /** What the button is called, where the page has several of the same words; begins with them. */
  readonly about?: string
}

/** A form with its one button. */
export function form(spec: FormSpec): Html {
  const { action, kind = 'primary', about } = spec
  return html`<form method="post" action="${action}" novalidate>${hidden(spec.hidden ?? {})}${spec.fields}<button class="${kind}"${
    about === undefined ? '' : html` aria-label="${about}"`
  }>${spec.submit}</button></form>`
}

/** What was refused of the whole form. The first thing a person meets on the page, and where the focus is if no field has it. */
export function refusalNotice(visit: Visit): Html {
  const { refusal } = visit
  if (!refusal) return html``
  return html`<div class="notice refused" role="alert" tabindex="-1"${refusal.fields.size === 0 ? html` autofocus` : ''}><p>${
    refusal.sentence
  }</p></div>`
}

function labelled(visit: Visit, field: Field, control: (joined: Html) => Html): Html {
  const { name, label, hint, isOptional = false } = field
  const refused = visit.refusal?.fields.get(name)
  const described = [refused ? `${name}-error` : '', hint === undefined ? '' : `${name}-hint`].filter(
    (id) => id !== '',
  )
  const joined = html` id="${name}" name="${name}"${field.autocomplete ? html` autocomplete="${field.autocomplete}"` : ''}${
    isOptional ? '' : html` required`
  }${described.length > 0 ? html` aria-describedby="${described.join(' ')}"` : ''}${refused ? html` aria-invalid="true"` : ''}${
    hasFocus(visit, field) ? html` autofocus` : ''
  }`
  return html`<div class="field"><label for="${name}">${label}${isOptional ? html` <small>${visit.words.fields.optional}</small>` : ''}</label>${
    hint === undefined ? '' : html`<div class="hint" id="${name}-hint">${hint}</div>`
  }${control(joined)}${refusedText(name, refused)}</div>`
}

function hasFocus(visit: Visit, { name, isFirst = false }: Field): boolean {
  if (!visit.refusal) return isFirst
  return visit.refusal.fields.keys().next().value === name
}

function refusedText(name: string, refused: readonly string[] | undefined): Hole {
  if (!refused) return ''
  const one =
    refused.length === 1
      ? refused[0]
      : html`<ul>${refused.map((sentence) => html`<li>${sentence}</li>`)}</ul>`
  return html`<div class="error" id="${name}-error">${one}</div>`
}
