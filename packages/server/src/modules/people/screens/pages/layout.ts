/**
 * The frame of every page: language and direction, the product's name, the way to the other language.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { DIRECTION, LANGUAGES, type Language } from '../model/language.ts'
import { type Html, html, isolated, unmarked } from './html.ts'
import type { Page, Visit } from './screen.ts'
import { WORDS } from './words.ts'

/**
 * A page loads our own style and script, posts to ourselves, and is framed by nobody. `form-action` also holds for the
 * redirects that answer a form: whoever goes on to another site after signing in does so from a page of its own
 * (`goesOnTo`).
 */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

const folder = new URL('../../../../../pages/', import.meta.url)

/** Style and script, each at an address that changes with it: browsers keep them, and never an old one. */
export const ASSETS = ['screens.css', 'screens.js'].map((name) => {
  const content = readFileSync(new URL(name, folder))
  const version = createHash('sha256').update(content).digest('base64url').slice(0, 12)
  return { name, content, address: `/${name}?v=${version}`, version }
})

const [style, script] = ASSETS.map(({ address }) => address)

const plain = (title: string | Html) => (typeof title === 'string' ? title : unmarked(title))

/** What any page needs to be framed. */
export type Framed = Pick<Visit, 'language' | 'words' | 'path'> & {
  readonly query: Readonly<Record<string, string | undefined>>
  readonly product: string
}

export function document(visit: Framed, page: Page): string {
  const { language, words, product } = visit
  const frame = html`<html lang="${language}" dir="${DIRECTION[language]}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="robots" content="noindex"><title>${words.shell.title(plain(page.title), product)}</title>${
    page.goesOnTo === undefined ? '' : html`<meta http-equiv="refresh" content="0;url=${page.goesOnTo}">`
  }<link rel="stylesheet" href="${style}"><script src="${script}" defer></script></head><body><header><p>${isolated(product)}</p></header><main${
    page.isWide ? html` class="wide"` : ''
  }><h1>${page.title}</h1>${page.body}</main><footer><nav aria-label="${words.shell.language}">${LANGUAGES.map(
    (each) =>
      each === language
        ? html`<span lang="${each}" aria-current="true">${WORDS[each].shell.name}</span>`
        : html`<a lang="${each}" dir="${DIRECTION[each]}" hreflang="${each}" href="${inLanguage(visit, each)}">${WORDS[each].shell.name}</a>`,
  )}</nav></footer></body></html>`
  return `<!doctype html>${frame}`
}

function inLanguage({ path, query }: Framed, language: Language): string {
  const values = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const search = new URLSearchParams([...values.filter(([name]) => name !== 'lang'), ['lang', language]])
  return `${path}?${search}`
}
