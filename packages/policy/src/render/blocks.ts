/** What a rendered document is made of, before it is Markdown or HTML. @module */

/** A piece of a line. Code is a name of the policy language: it keeps its direction in any text. */
export type Inline =
  | string
  | { readonly code: string }
  | { readonly strong: string }
  | { readonly symbol: string; readonly label: string }
  | { readonly mark: 'declared' | 'attested'; readonly text: string }

export type Line = readonly Inline[]

export type Row = { readonly group: Line } | { readonly cells: readonly Line[] }

export type Block =
  | { readonly kind: 'heading'; readonly id: string; readonly line: Line }
  | { readonly kind: 'paragraph'; readonly line: Line }
  | { readonly kind: 'list'; readonly items: readonly Line[]; readonly ordered?: true }
  | {
      readonly kind: 'table'
      readonly caption: string
      readonly head: readonly Line[]
      readonly rows: readonly Row[]
      /** Short cells, such as ticks, stand in the middle. */
      readonly centered?: true
    }

export interface DocumentSection {
  readonly id: string
  readonly title: string
  readonly blocks: readonly Block[]
}

export interface PolicyDocument {
  /** Of the frame; the policy's own texts are in the language asked for. */
  readonly language: string
  readonly direction: 'ltr' | 'rtl'
  readonly title: string
  readonly subtitle: string
  readonly contents: string
  readonly factsTitle: string
  /** Document control: label and value. */
  readonly facts: readonly (readonly [string, Line])[]
  readonly sections: readonly DocumentSection[]
}

/** Text whose backticks enclose code. An unpaired one stays what it is. */
export function prose(text: string): Line {
  return text
    .split(/(`[^`\n]+`)/)
    .filter((part) => part !== '')
    .map((part) =>
      part.length > 2 && part.startsWith('`') && part.endsWith('`') ? { code: part.slice(1, -1) } : part,
    )
}

export function paragraph(text: string): Block {
  return { kind: 'paragraph', line: prose(text) }
}

/** Codes with a comma between them. */
export function codes(names: readonly string[]): Line {
  return names.flatMap((code, i): Inline[] => (i === 0 ? [{ code }] : [', ', { code }]))
}
