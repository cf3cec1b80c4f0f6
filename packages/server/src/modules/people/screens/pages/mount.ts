/**
 * Screens on the server: what every request for one passes, and how each is answered.
 *
 * The order is fixed: where the form came from → who is there → what they owe → fields → the command. Nothing is read
 * of a form that another site sent.
 *
 * @module
 */
import formbody from '@fastify/formbody'
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { isSameOrigin } from '#people/sessions'
import type { Services } from '#platform/context'
import { AppError, failures } from '#platform/errors'
import type { Route } from '#platform/http'
import { asAppError } from '#platform/problem'
import { debtScreen } from '../model/debts.ts'
import { send, sendProblem, serveAsset } from './answer.ts'
import { mountElsewhere } from './elsewhere.ts'
import { ASSETS } from './layout.ts'
import { type Refusal, refusalOf, refusalOfFields } from './refusal.ts'
import type { Answer, Screen, Visit } from './screen.ts'
import { visitOf } from './visit.ts'

/** No form of ours is longer, an answer of a passkey included. */
const MOST_BYTES = 65_536

/** Mounts screens beside the API. Only here are forms read; the API takes JSON and nothing else. */
export async function mountScreens(
  http: FastifyInstance,
  services: Services,
  screens: readonly Screen[],
): Promise<void> {
  for (const asset of ASSETS) serveAsset(http, asset)
  mountElsewhere(http, services)
  await http.register(async (pages) => {
    pages.removeAllContentTypeParsers()
    await pages.register(formbody, { bodyLimit: MOST_BYTES })
    pages.setErrorHandler(async (error: FastifyError, request, reply) =>
      sendProblem(services, request, reply, asAppError(error), error),
    )
    for (const screen of screens) mountScreen(pages, services, screen)
  })
}

function mountScreen(pages: FastifyInstance, services: Services, screen: Screen): void {
  const shared = { url: screen.path, schema: { hide: true }, exposeHeadRoute: false }
  pages.route({
    ...shared,
    method: 'GET',
    onRequest: async (request) => name(request, screen, 'GET'),
    handler: async (request, reply) => {
      const visit = await visitOf(services, request, reply, screen)
      return send(visit, screen, await open(services, visit, screen))
    },
  })
  if (!screen.act) return
  pages.route({
    ...shared,
    method: 'POST',
    onRequest: async (request) => {
      name(request, screen, 'POST')
      // Also where nobody is signed in: another site could otherwise sign a visitor in as somebody else (login CSRF).
      if (!isSameOrigin(request, services.publicUrl)) throw failures.cross_site()
    },
    handler: async (request, reply) => {
      const visit = await visitOf(services, request, reply, screen)
      return send(visit, screen, await submit(services, visit, screen))
    },
  })
}

/** For the metrics, which count by declared address. */
function name(request: FastifyRequest, { path }: Screen, method: 'GET' | 'POST'): void {
  const route: Route = {
    base: '',
    method,
    path,
    summary: path,
    tag: 'Pages',
    access: 'anyone',
    handle: unused,
  }
  request.route = route
}

const unused = () => Promise.resolve(undefined)

async function open(services: Services, visit: Visit, screen: Screen): Promise<Answer> {
  const elsewhere = admit(visit, screen)
  if (elsewhere) return elsewhere
  if (screen.startsAt !== undefined) return { to: withContext(screen.startsAt, visit.query) }
  return attempt(services, visit, screen, async () => screen.show(visit))
}

async function submit(services: Services, visit: Visit, screen: Screen): Promise<Answer> {
  const elsewhere = admit(visit, screen)
  if (elsewhere) return elsewhere
  // PostgreSQL's text holds none, and no field of ours has a use for one.
  for (const value of Object.values(visit.typed))
    if (value?.includes('\0')) throw failures.malformed_request()
  const parsed = screen.fields?.safeParse(visit.typed)
  if (parsed && !parsed.success)
    return showAgain(visit, screen, refusalOfFields(parsed.error.issues, visit.words))
  return attempt(services, visit, screen, () => screen.act!(visit, parsed?.data))
}

async function showAgain(visit: Visit, screen: Screen, refusal: Refusal): Promise<Answer> {
  const answer = await screen.show({ ...visit, refusal })
  return 'to' in answer ? answer : { ...answer, status: answer.status ?? refusal.status }
}

/** Where somebody is sent first: to sign in, or to pay what they owe. Undefined: they may come in. */
function admit(visit: Visit, screen: Screen): Answer | undefined {
  if (screen.access !== 'person') return undefined
  const { principal } = visit.ctx
  const back = visit.request.method === 'GET' ? visit.request.url : (screen.startsAt ?? screen.path)
  if (!principal) return { to: `/sign-in?return=${encodeURIComponent(back)}` }
  const { owes } = principal
  if (owes === undefined || screen.whileOwing?.includes(owes)) return undefined
  return { to: `${debtScreen(owes)}?return=${encodeURIComponent(returnOf(visit) ?? back)}` }
}

/** Runs what a screen does. A refusal shows the form again with what was typed; a proof that is missing is asked for. */
async function attempt(
  services: Services,
  visit: Visit,
  screen: Screen,
  work: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof AppError) || error.status >= 500) throw error
    const { method, url } = visit.request
    const start = screen.startsAt ?? screen.path
    const back = encodeURIComponent(method === 'GET' ? url : withContext(start, visit.typed))
    if (screen.access === 'person' && error.code === 'unauthorized') return { to: `/sign-in?return=${back}` }
    if (screen.access === 'person' && error.code === 'forbidden') {
      const { reason } = error.particulars
      if (reason === 'fresh_sign_in_required' || reason === 'second_factor_required')
        return { to: `/account/confirm?return=${back}` }
    }
    if (visit.request.method === 'GET') throw error
    if (error.particulars['retryAfterSeconds'] !== undefined)
      void visit.reply.header('retry-after', String(error.particulars['retryAfterSeconds']))
    const refusal = refusalOf(error, visit.words, visit.language)
    services.log.debug({ code: error.code, requestId: visit.request.id }, 'form refused')
    return showAgain(visit, screen, refusal)
  }
}

/** What goes on with a person through the steps of a sign-in. */
function withContext(path: string, query: Visit['query']): string {
  const { return: wanted } = query
  return wanted === undefined ? path : `${path}?${new URLSearchParams({ return: wanted })}`
}

const returnOf = (visit: Visit) => visit.query['return'] ?? visit.typed['return']
