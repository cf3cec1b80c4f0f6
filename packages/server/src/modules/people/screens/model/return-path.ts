/** Where a person goes on after signing in. Pure. @module */

const NOWHERE = 'http://nowhere.invalid'

/**
 * A path of this very server, or undefined. An address of another site would make a sign-in page the start of somebody
 * else's (open redirect, CWE-601), so everything that a browser might read as one is refused: a scheme, `//host`,
 * `/\host`, and the control characters that browsers drop while they read.
 */
export function safeReturn(path: string | undefined): string | undefined {
  if (path === undefined || path.length > 2_000) return undefined
  if (!/^\/(?![/\\])[\x21-\x7e]*$/.test(path) || path.includes('\\')) return undefined
  // As a browser reads it: `/.//host` and `/%2e/` are resolved here, once, and what comes out is what is used.
  const url = URL.parse(path, NOWHERE)
  if (url?.origin !== NOWHERE || url.pathname.startsWith('//')) return undefined
  return url.pathname + url.search + url.hash
}
