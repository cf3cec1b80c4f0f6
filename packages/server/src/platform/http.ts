/**
 * HTTP: how a route is declared, what every request must pass before its handler runs, and what every answer carries.
 *
 * The order is fixed for all routes: credential → organization → input → handler. So an unauthenticated caller
 * learns nothing but 401, whatever it sends, and another organization's id is answered like an id nobody has.
 *
 * @module
 */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { type Client, type Ctx, type CtxInput, createCtx, type Principal, type Services } from './context.ts'
import { AppError, failures, invalidField } from './errors.ts'
import type { Uuid } from './ids.ts'
import { parseJson } from './json.ts'
import { preferredLanguage } from './mail.ts'
import { asAppError, PROTECTION, problem } from './problem.ts'
import { fullPath, type Route } from './route.ts'
import { schemaOf } from './route-schema.ts'

export { newRequestId } from './problem.ts'

/** What mounting needs from above the platform. */
export interface Gate {
  /** The principal of the credential a request carries; undefined without one. The reply may get a new cookie. @throws `unauthorized` for one that does not hold */
  authenticate(request: FastifyRequest, reply: FastifyReply, now: Date): Promise<Principal | undefined>
  /** The organization that `key` (id or slug) names to this principal; undefined also when it is not theirs. */
  organizationFor(
    principal: Principal,
    key: string,
  ): Promise<{ id: Uuid; overrides: string | null } | undefined>
}

export { ANYTHING, fullPath, type Route, route } from './route.ts'

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal | undefined
    /** Declared route; absent for the few that are not ours (documentation pages). */
    route: Route | undefined
  }
}

/** Mounts the routes; the server's hooks have been installed by {@link installHttp}. */
export function mount(app: FastifyInstance, services: Services, gate: Gate, routes: readonly Route[]): void {
  for (const spec of routes) {
    app.route({
      method: spec.method,
      url: fullPath(spec),
      schema: schemaOf(spec),
      // zod checks; the JSON Schemas above document, and serialize the answer.
      validatorCompiler: () => () => true,
      onRequest: (request, reply) => {
        request.route = spec
        if (spec.echoesRequestId) void reply.header('x-request-id', requestIdOf(request))
        return admit({ request, reply }, services, gate, spec)
      },
      handler: async (request, reply) => {
        refuseUnholdable(request)
        const ctx = await contextOf(request, services, gate, spec)
        const answer = await spec.handle(ctx, { ...input(request, spec), request, reply })
        // A reply is a promise of its own end: awaited, it is no longer itself.
        if (spec.produces !== undefined || reply.sent) return reply
        if (spec.response === undefined) return reply.code(204).send()
        if (spec.status !== undefined) void reply.code(spec.status)
        return answer
      },
    })
  }
}

async function admit(
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  services: Services,
  gate: Gate,
  spec: Route,
): Promise<void> {
  if (spec.access === 'anyone') return
  const principal = await gate.authenticate(request, reply, services.now())
  if (!principal) throw failures.unauthorized()
  if (principal.actor.kind === 'application' && spec.access !== 'application') {
    throw failures.forbidden({ reason: 'not_for_applications' })
  }
  if (principal.owes !== undefined && !spec.whileOwing?.includes(principal.owes)) {
    throw failures.forbidden({ reason: `${principal.owes}_required` })
  }
  request.principal = principal
}

/** PostgreSQL's text holds no NUL: an address with one names nothing, a query with one is refused. As parseJson does for bodies. */
function refuseUnholdable(request: FastifyRequest): void {
  if (keyWithNul(request.params as object) !== undefined) throw failures.not_found()
  const key = keyWithNul(request.query as object)
  if (key !== undefined) throw invalidField(`query.${key}`, 'contains a NUL character')
}

function keyWithNul(values: object): string | undefined {
  for (const key in values) if (String((values as Record<string, unknown>)[key]).includes('\0')) return key
  return undefined
}

/** At once where the credential's own organization is meant: nothing then has to be read. */
function contextOf(request: FastifyRequest, services: Services, gate: Gate, spec: Route): Ctx | Promise<Ctx> {
  const { principal } = request
  if (!principal) return anonymousContext(request, services)
  const own: CtxInput = {
    requestId: request.id,
    client: clientOf(request),
    actor: principal.actor,
    organizationId: principal.home.organizationId,
    principal,
    policy: principal.policy,
  }
  if (!spec.path.includes(':organization')) return createCtx(services, own)
  return contextIn((request.params as { organization: string }).organization, own, principal, services, gate)
}

async function contextIn(
  key: string,
  own: CtxInput,
  principal: Principal,
  services: Services,
  gate: Gate,
): Promise<Ctx> {
  const found = await gate.organizationFor(principal, key)
  if (!found) throw new AppError('organizations.not_found', [404, 'Organization not found.'])
  if (found.id === own.organizationId) return createCtx(services, own)
  const { policies } = services.ports
  const policy = await policies.effective((await policies.current()).versionId, found.overrides)
  return createCtx(services, { ...own, organizationId: found.id, policy })
}

async function anonymousContext(request: FastifyRequest, services: Services): Promise<Ctx> {
  const { compiled } = await services.ports.policies.current()
  return createCtx(services, {
    requestId: request.id,
    client: clientOf(request),
    actor: { kind: 'anonymous' },
    organizationId: ANYWHERE,
    policy: compiled,
  })
}

/** A context of no organization: row-level security shows it nothing, and events go to the platform's log. */
export const ANYWHERE: Uuid = '00000000-0000-0000-0000-000000000000'

/** Who called. `request.ip` is the peer, or what a trusted proxy says. */
export function clientOf(request: FastifyRequest): Client {
  const client = { ip: request.ip, userAgent: (request.headers['user-agent'] ?? '').slice(0, 500) }
  const asked = request.headers['accept-language']
  const language = asked === undefined ? undefined : preferredLanguage(asked)
  return language === undefined ? client : { ...client, language }
}

function input(request: FastifyRequest, spec: Route) {
  const problems: { path: string; message: string }[] = []
  const read = (schema: z.ZodType | undefined, value: unknown, where: string): unknown => {
    if (!schema) return undefined
    const parsed = schema.safeParse(value)
    if (parsed.success) return parsed.data
    for (const issue of parsed.error.issues)
      problems.push({ path: pathOf(where, issue), message: sentenceOf(issue) })
    return undefined
  }
  const result = {
    params: read(spec.params, request.params, 'path'),
    query: read(spec.query, request.query, 'query'),
    body: spec.check ? spec.check(request.body) : read(spec.body, request.body, ''),
  }
  if (problems.length > 0) throw failures.invalid_input({ errors: problems.slice(0, 50) })
  return result
}

const SPELLED: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
}

/** What is wrong, in words: zod's own speak of types and of undefined. */
function sentenceOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return 'is not a field of this request'
  if (issue.code !== 'invalid_type') return issue.message
  if (issue.message.endsWith('received undefined')) return 'is missing'
  return `should be ${SPELLED[issue.expected] ?? issue.expected}`
}

function pathOf(where: string, issue: z.core.$ZodIssue): string {
  const keys = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path
  return [where, ...keys.map(String)].filter((part) => part !== '').join('.') || 'body'
}

/** Answers a failure to a person with a page. */
export type ProblemPage = (
  request: FastifyRequest,
  reply: FastifyReply,
  error: AppError,
) => Promise<FastifyReply>

/**
 * Headers, request ids, the JSON parser and the one error format: for every answer, also of addresses that do not exist.
 * A person who opens such an address in a browser is shown a page.
 */
export function installHttp(app: FastifyInstance, services: Services, page: ProblemPage): void {
  app.decorateRequest('principal', undefined)
  app.decorateRequest('route', undefined)
  // What is logged names its request itself; a logger for each would be made for nothing.
  app.setChildLoggerFactory((logger) => logger)
  const observe = requestTimes(services)
  app.addHook('onResponse', (request, reply, done) => {
    observe(request, reply)
    done()
  })
  app.addHook('onRequest', (request, reply, done) => {
    void reply.headers(PROTECTION).header('x-request-id', request.id)
    done()
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseJson(body as Buffer))
    } catch (error) {
      done(error as Error)
    }
  })
  app.setErrorHandler((error: FastifyError, request, reply) =>
    problem(request, reply, asAppError(error), error),
  )
  app.setNotFoundHandler((request, reply) =>
    isOpenedByPerson(request)
      ? page(request, reply, failures.not_found())
      : problem(request, reply, failures.not_found()),
  )
}

/** Browsers ask for HTML first where somebody opens an address, and nowhere else. */
function isOpenedByPerson({ method, headers }: FastifyRequest): boolean {
  return method === 'GET' && (headers.accept ?? '').startsWith('text/html')
}

/** What a caller of a standard's endpoint correlates by, where it is harmless in a header and in their log. */
function requestIdOf(request: FastifyRequest): string {
  const theirs = request.headers['x-request-id']
  return typeof theirs === 'string' && /^[\x21-\x7e]{1,200}$/.test(theirs) ? theirs : request.id
}

/** Counts answers and their times. The series of a route and status is looked up once, not by its labels every time. */
function requestTimes({ metrics }: Services) {
  const series = new Map<string, { observe(seconds: number): void }>()
  return ({ method, route }: FastifyRequest, { statusCode, elapsedTime }: FastifyReply) => {
    const path = route ? fullPath(route) : 'other'
    const name = `${method} ${path} ${statusCode}`
    let times = series.get(name)
    if (!times) {
      times = metrics.requests.labels({ method, route: path, status: String(statusCode) })
      series.set(name, times)
    }
    times.observe(elapsedTime / 1000)
  }
}
