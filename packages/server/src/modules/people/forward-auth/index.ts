/**
 * Forward auth: sign-on for hosts whose application cannot be changed. A reverse proxy (nginx, Traefik, Caddy) asks here
 * about every request before it passes it on; docs/guides/forward-auth.md has the sequence and the configurations.
 *
 * Invariants
 * - A host has a cookie of its own; Writ's never leaves Writ's origin, and one host's is worth nothing on another.
 * - A host's cookie stands for a session and says nothing by itself: whether that session holds, who is in it and with
 *   which roles is read for every request that is asked about.
 * - A browser comes back with a code only to the registered host it left, with the cookie it left with, once, within a
 *   minute. So nobody is signed in as somebody else by a link.
 * - Which host is meant is a proxy's word, taken from trusted addresses alone. Where two headers disagree, nobody is let in.
 * - Only registered hosts are answered, and people are sent to no other.
 *
 * @module
 */
export { registerHost } from './commands/register-host.ts'
export { removeHost } from './commands/remove-host.ts'
export type { ForwardHost } from './model.ts'
export { listHosts } from './queries.ts'
export { forwardAuthRoutes } from './routes.ts'
