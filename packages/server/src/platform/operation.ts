/**
 * What the operator and the load balancer ask: alive, ready, metrics, and the description of the API.
 *
 * @module
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { sql } from 'kysely'
import type { Services } from './context.ts'
import { sameBytes, sha256 } from './crypto.ts'
import { failures } from './errors.ts'

/** Something to be looked at; answers what is wrong, or undefined. */
export type ReadinessCheck = () => Promise<string | undefined>

export interface Readiness {
  /** What must hold before this server is sent requests. */
  readonly checks: readonly ReadinessCheck[]
  /** What the operator should know and what keeps nobody out. */
  readonly notices: readonly ReadinessCheck[]
}

const OPENAPI = {
  openapi: '3.1.0',
  info: {
    title: 'Writ',
    version: '0.1.0',
    description:
      'Runs your access control policy as written. Errors are problem+json (RFC 9457) with a stable `code`.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  components: {
    securitySchemes: {
      bearer: {
        type: 'http' as const,
        scheme: 'bearer',
        description: "An access token, or an application's credential.",
      },
      session: {
        type: 'apiKey' as const,
        in: 'cookie' as const,
        name: '__Host-writ_session',
        description: 'Browsers; writes need a same-origin page.',
      },
    },
  },
  security: [{ bearer: [] }, { session: [] }],
}

/** Collects the routes that are mounted after it into the OpenAPI document. */
export async function installDocumentation(http: FastifyInstance): Promise<void> {
  const { default: swagger } = await import('@fastify/swagger')
  await http.register(swagger, { openapi: OPENAPI })
}

/** Mounts /healthz, /readyz, /metrics, /openapi.json and /docs. */
export async function installOperation(
  http: FastifyInstance,
  services: Services,
  { checks, notices }: Readiness,
): Promise<void> {
  http.get('/healthz', { schema: { hide: true } }, async () => ({ status: 'ok' }))
  http.get('/readyz', { schema: { hide: true } }, async (_request, reply) => {
    const [problems, told] = await Promise.all([
      answers([databaseCheck(services), ...checks]),
      answers(notices),
    ])
    return reply
      .code(problems.length === 0 ? 200 : 503)
      .send({ status: problems.length === 0 ? 'ready' : 'not ready', problems, notices: told })
  })
  http.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    admitScraper(request, services)
    return reply.type(services.metrics.registry.contentType).send(await services.metrics.registry.metrics())
  })
  // A person who types the address looks for their account; a program reads the description.
  http.get('/', { schema: { hide: true } }, async ({ headers }, reply) =>
    reply.redirect(headers.accept?.startsWith('text/html') ? '/account' : '/docs'),
  )
  http.get('/openapi.json', { schema: { hide: true } }, async () => http.swagger())
  await http.register(async (docs) => {
    const { default: ui } = await import('@fastify/swagger-ui')
    // Its own page needs its own scripts and styles, served from here; nothing else on this server does.
    docs.addHook('onSend', async (_request, reply) => {
      reply.header(
        'content-security-policy',
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
      )
    })
    await docs.register(ui, {
      routePrefix: '/docs',
      uiConfig: { deepLinking: true, docExpansion: 'none' },
      theme: {
        title: 'Writ API',
        css: [{ filename: 'writ.css', content: '.swagger-ui .topbar { display: none }' }],
      },
    })
  })
}

function databaseCheck(services: Services): ReadinessCheck {
  return async () => {
    try {
      await sql`select 1`.execute(services.db.kysely)
      return undefined
    } catch {
      return 'the database cannot be reached'
    }
  }
}

async function answers(checks: readonly ReadinessCheck[]): Promise<string[]> {
  const found = await Promise.all(checks.map((check) => check().catch((error: Error) => error.message)))
  return found.filter((answer) => answer !== undefined)
}

/** Metrics tell an attacker whose guesses work: with a token configured only its bearer, otherwise only this machine. */
function admitScraper(request: FastifyRequest, services: Services): void {
  const { metricsToken } = services.config
  if (metricsToken === undefined) {
    if (!['127.0.0.1', '::1', '::ffff:127.0.0.1'].includes(request.ip) || isForwarded(request))
      throw failures.not_found()
    return
  }
  const given = request.headers.authorization ?? ''
  if (!sameBytes(sha256(given), sha256(`Bearer ${metricsToken}`))) throw failures.unauthorized()
}

/** A proxy on this machine that the configuration does not know has this machine's address, whoever asks through it. */
function isForwarded({ headers }: FastifyRequest): boolean {
  return headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined
}
