/**
 * Pages that are files of this package: one HTML document and its script, under a policy that lets them load nothing but
 * the style of all pages and be framed by nobody.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'

const folder = new URL('../../pages/', import.meta.url)

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

const TYPES = {
  '': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
}

/** Serves `pages/<name>.html` at `/<name>`, with `/<name>.js`. */
export function servePage(http: FastifyInstance, name: string): void {
  for (const [suffix, type] of Object.entries(TYPES)) {
    const content = readFileSync(new URL(`${name}${suffix === '' ? '.html' : suffix}`, folder))
    http.get(
      `/${name}${suffix}`,
      { exposeHeadRoute: true, schema: { hide: true } },
      async (_request, reply) => reply.header('content-security-policy', POLICY).type(type).send(content),
    )
  }
}
