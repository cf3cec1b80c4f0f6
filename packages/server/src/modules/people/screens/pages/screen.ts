/**
 * How a screen is declared: a page at an address, and what its form does.
 *
 * @module
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Ctx, Owed } from '#platform/context'
import type { Language } from '../model/language.ts'
import type { Html } from './html.ts'
import type { Refusal } from './refusal.ts'
import type { Words } from './words.ts'

/** One request for a screen. */
export interface Visit {
  /** Of the person who is signed in with this browser, else of nobody. */
  readonly ctx: Ctx
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  /** The address without its query. */
  readonly path: string
  readonly language: Language
  readonly words: Words
  /** Single values of the query; what is given twice is not given. */
  readonly query: Readonly<Record<string, string | undefined>>
  /** What was typed into a form; empty for an address that is opened. Never shown: passwords, which have no place to stand in. */
  readonly typed: Readonly<Record<string, string | undefined>>
  /** Why the form is shown again. */
  readonly refusal: Refusal | undefined
}

/** A page that is answered. */
export interface Page {
  readonly title: string | Html
  readonly body: Html
  /** Default 200; of a form that is shown again the refusal's. */
  readonly status?: number
  /** More than one narrow column. */
  readonly isWide?: boolean
  /** Goes on to this address of ours by itself. */
  readonly goesOnTo?: string
}

/** Or another address, by 303: what a form did is not done again by a reload. */
export type Answer = Page | { readonly to: string }

export interface ScreenSpec<S extends z.ZodObject | undefined> {
  readonly path: string
  /** `anyone`: nobody is looked for. `either`: also somebody who is signed in and owes nothing. `person`: who is not signed in does so first and comes back. */
  readonly access: 'anyone' | 'either' | 'person'
  /** Open to a person who still owes these; all else is closed until they are paid. */
  readonly whileOwing?: readonly Owed[]
  /** A step of another screen: an address that is typed or reloaded begins there. */
  readonly startsAt?: string
  /** The page. Also where its form was refused: then with `typed` and `refusal`. */
  show(visit: Visit): Answer | Promise<Answer>
  /** Fields of the form. */
  readonly fields?: S
  /** What the form does: one command. An `AppError` shows the page again. */
  act?(visit: Visit, fields: S extends z.ZodType ? z.output<S> : undefined): Promise<Answer>
}

/** A declared screen with its types closed over. */
export type Screen = Omit<ScreenSpec<z.ZodObject | undefined>, 'act'> & {
  // biome-ignore lint/suspicious/noExplicitAny: screens with all kinds of fields stand in one list; `screen` has checked each
  act?(visit: Visit, fields: any): Promise<Answer>
}

/** Declares a screen. */
export function screen<S extends z.ZodObject | undefined = undefined>(spec: ScreenSpec<S>): Screen {
  return spec as unknown as Screen
}
