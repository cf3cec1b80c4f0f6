/**
 * The yardstick of every route: Fastify with the same request and answer bodies, and nothing between them. It reads
 * JSON, finds its route, and writes the answer by a compiled schema, as Writ's own server does.
 */
import Fastify from 'fastify'

export interface BareRoute {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly answer: unknown
}

process.once('message', async (routes: readonly BareRoute[]) => {
  const app = Fastify()
  for (const { method, path, answer } of routes) {
    app.route({
      method,
      url: path,
      schema: { response: { 200: schemaOf(answer) } },
      handler: async () => answer,
    })
  }
  await app.listen({ host: '127.0.0.1', port: 0 })
  process.send!({ port: (app.server.address() as { port: number }).port })
})
process.on('SIGTERM', () => process.exit(0))

function schemaOf(value: unknown): Record<string, unknown> {
  if (Array.isArray(value)) return { type: 'array', items: value.length > 0 ? schemaOf(value[0]) : {} }
  if (value === null) return {}
  if (typeof value === 'object') {
    return {
      type: 'object',
      properties: Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, schemaOf(inner)])),
    }
  }
  return { type: typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'boolean' : 'string' }
}
