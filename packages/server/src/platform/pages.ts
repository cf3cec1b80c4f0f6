/**
 * Lists: `?limit=&cursor=` → `{items, nextCursor}`. A cursor is the last id of a page, so pages neither repeat nor
 * skip a row while others are added.
 *
 * @module
 */
import { z } from 'zod'
import { fromWire, type Prefix, toWire, type Uuid } from './ids.ts'

export interface Page {
  readonly limit: number
  readonly after: Uuid | undefined
}

/** Fields of a list's query. */
export function pageQuery(prefix: Prefix) {
  return {
    limit: z.coerce.number().int().min(1).max(200).default(50).describe('At most this many items.'),
    cursor: z
      .string()
      .max(100)
      .refine(
        (text) => fromWire(prefix, text) !== undefined,
        'is not a cursor of this list; use nextCursor of the page before',
      )
      .optional()
      .describe('nextCursor of the page before.'),
  }
}

export function pageOf(prefix: Prefix, query: { limit: number; cursor?: string | undefined }): Page {
  return {
    limit: query.limit,
    after: query.cursor === undefined ? undefined : fromWire(prefix, query.cursor),
  }
}

/** Shape of a page. */
export function pageSchema<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() })
}

/** Cuts `limit + 1` rows into a page: the extra one says that there is more. */
export function toPage<Row extends { id: Uuid }, View>(
  prefix: Prefix,
  page: Page,
  rows: readonly Row[],
  view: (row: Row) => View,
) {
  const shown = rows.slice(0, page.limit)
  const last = shown.at(-1)
  return {
    items: shown.map(view),
    nextCursor: rows.length > page.limit && last ? toWire(prefix, last.id) : null,
  }
}
