/**
 * Answers: a page in its frame, another address, or a page that says what went wrong.
 *
 * @module
 */
import { type CompiledPolicy, textIn } from '@writ/policy'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Services } from '#platform/context'
import type { AppError } from '#platform/errors'
import type { Language } from '../model/language.ts'
import { html } from './html.ts'
import { type ASSETS, document, type Framed, PAGE_POLICY } from './layout.ts'
import { refusalOf } from './refusal.ts'
import type { Answer, Page, Screen, Visit } from './screen.ts'
import { languageFor, queryOf } from './visit.ts'
import { WORDS, type Words } from './words.ts'

const YEAR_SECONDS = 31_536_000

export function send(visit: Visit, screen: Screen, answer: Answer): FastifyReply {
  const { reply } = visit
  if ('to' in answer) return reply.redirect(answer.to, 303)
  const product = productOf(visit.ctx.policy, visit.language)
  // What answers a form has no address of its own: in another language, its screen begins again.
  const { return: wanted, token } = visit.typed
  const { path, query } =
    visit.request.method === 'GET'
      ? visit
      : { path: screen.startsAt ?? screen.path, query: { return: wanted, token } }
  const framed = { language: visit.language, words: visit.words, path, query, product }
  return sendPage(reply, document(framed, answer), answer.status ?? 200)
}

function sendPage(reply: FastifyReply, page: string, status: number): FastifyReply {
  return reply
    .code(status)
    .headers({ 'content-security-policy': PAGE_POLICY, 'cross-origin-opener-policy': 'same-origin' })
    .type('text/html; charset=utf-8')
    .send(page)
}

/** What the policy calls the product, in the reader's language. */
function productOf({ policy }: CompiledPolicy, language: Language): string {
  return textIn(policy.product ?? policy.name, language)
}

/** A page for what went wrong where no form can say it. What is ours to repair is logged with its cause. */
export async function sendProblem(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  error: AppError,
  cause: unknown = error,
): Promise<FastifyReply> {
  if (error.status >= 500)
    request.log.error({ err: error.cause ?? cause, requestId: request.id }, 'request failed')
  if (error.status === 429 || error.status === 503)
    void reply.header('retry-after', String(error.particulars['retryAfterSeconds'] ?? 1))
  const framed = await frameOf(services, request)
  const { words, language } = framed
  const { sentence } = refusalOf(error, words, language)
  return sendPage(reply, document(framed, problemPage(error, sentence, words, request.id)), error.status)
}

/** The frame of a page that no screen shows. */
export async function frameOf(services: Services, request: FastifyRequest): Promise<Framed> {
  const language = languageFor(request)
  const path = request.url.split('?')[0]!
  const product = await productNow(services, language)
  return { language, words: WORDS[language], path, query: queryOf(request), product }
}

function problemPage({ code, status }: AppError, sentence: string, words: Words, requestId: string): Page {
  const isMissing = code === 'not_found'
  const title = isMissing
    ? words.problem.notFoundTitle
    : status >= 500
      ? words.problem.failedTitle
      : words.problem.title
  return {
    title,
    body: html`<div class="notice refused" role="alert"><p>${
      isMissing ? words.problem.notFound : sentence
    }</p></div><p class="hint">${words.problem.requestId(requestId)}</p><p><a href="/sign-in">${words.shell.toSignIn}</a></p>`,
  }
}

/** The product's name also where the database cannot be reached. */
async function productNow({ ports }: Services, language: Language): Promise<string> {
  try {
    return productOf((await ports.policies.current()).compiled, language)
  } catch {
    return 'Writ'
  }
}

/** Style and script. */
export function serveAsset(http: FastifyInstance, asset: (typeof ASSETS)[number]): void {
  const type = asset.name.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8'
  http.get(`/${asset.name}`, { schema: { hide: true } }, async (request, reply) => {
    const { v } = request.query as { v?: string }
    const lasting = v === asset.version ? `public, max-age=${YEAR_SECONDS}, immutable` : 'no-cache'
    return reply.headers({ 'cache-control': lasting }).type(type).send(asset.content)
  })
}
