/**
 * Tokens of a search's pages: where the next page begins, and for which question. AuthZEN 1.0 asks that a token that
 * comes with another question be refused.
 *
 * @module
 */
import { canonicalJson, type JsonValue } from '@writ/tlog'
import type { Ctx } from '#platform/context'
import { deriveKey, hmac } from '#platform/crypto'
import { malformed, type Search } from '../model.ts'

/** Where a page begins; null at the start. */
export type Start = string | null

/** @throws `decisions.malformed_request` for a token that we did not make, or not for this question */
export function startOf(ctx: Ctx, search: Search): Start {
  const { token } = search.page
  if (token === undefined) return null
  const read = parse(token)
  if (
    Array.isArray(read) &&
    (typeof read[0] === 'string' || read[0] === null) &&
    read[1] === seal(ctx, search, read[0])
  )
    return read[0]
  throw malformed(
    'page.token',
    'is not the next_token of this question; repeat subject, action, resource and context as they were',
  )
}

/** The token of the page that begins after `start`. */
export function tokenFrom(ctx: Ctx, search: Search, start: Start): string {
  return Buffer.from(JSON.stringify([start, seal(ctx, search, start)])).toString('base64url')
}

function parse(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

function seal(ctx: Ctx, { subject, action, resource, context }: Search, start: Start): string {
  const question = JSON.parse(JSON.stringify({ subject, action, resource, context, start })) as JsonValue
  return hmac(deriveKey(ctx.services.masterKey, 'search-page'), canonicalJson(question))
    .toString('base64url')
    .slice(0, 22)
}
