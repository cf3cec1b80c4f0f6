/**
 * HTML that is safe by construction: whatever stands in a hole of the template is text, unless it was made by the
 * template itself.
 *
 * @module
 */

/** Markup that {@link html} made. Nothing else can make one: its text is a private field. */
export class Html {
  readonly #markup: string

  private constructor(markup: string) {
    this.#markup = markup
  }

  toString(): string {
    return this.#markup
  }

  /** For {@link html} and {@link trusted} alone. */
  static of(markup: string): Html {
    return new Html(markup)
  }
}

/** What may stand in a hole. `false`, null and undefined are nothing; lists stand one after the other. */
export type Hole = Html | string | number | boolean | null | undefined | readonly Hole[]

/**
 * A piece of a page. Holes are escaped for text and for attribute values in double quotes, which are the only two
 * places they may stand in: not in a tag's name, a script, a style, or an attribute without quotes.
 */
export function html(strings: TemplateStringsArray, ...holes: readonly Hole[]): Html {
  let markup = strings[0]!
  for (const [index, hole] of holes.entries()) markup += written(hole) + strings[index + 1]!
  return Html.of(markup)
}

/** Markup of a library that makes it from our own values: the picture of a QR code. Never of anything that was sent. */
export function trusted(markup: string): Html {
  return Html.of(markup)
}

/**
 * A name or another text that somebody chose, set apart from the words around it: in `<bdi>` its direction is its own,
 * and marks that would turn what follows around are closed within it (Unicode UAX 9, section 6.3).
 */
export function isolated(text: string): Html {
  return html`<bdi>${text}</bdi>`
}

/** The text of a piece, for a place that takes no markup. */
export function unmarked(piece: Html): string {
  const entities = new Map(Object.entries(ESCAPED).map(([character, entity]) => [entity, character]))
  return piece
    .toString()
    .replace(/<[^>]*>/g, '')
    .replace(/&[#\w]+;/g, (entity) => entities.get(entity) ?? entity)
}

const ESCAPED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
}

/** Marks that turn a text around, or hide in it, are no part of what pages show. */
const TURNING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g

export function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(TURNING, '')
    .replace(/[&<>"'`]/g, (character) => ESCAPED[character]!)
}

function written(hole: Hole): string {
  if (hole === undefined || hole === null || hole === false || hole === true) return ''
  if (hole instanceof Html) return hole.toString()
  if (Array.isArray(hole)) return (hole as readonly Hole[]).map(written).join('')
  return escaped(String(hole))
}
