/**
 * One request for a screen: who is there, in which language, with what in the address and in the form.
 *
 * @module
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Ctx, createCtx, type Principal, type Services } from '#platform/context'
import { ANYWHERE, clientOf } from '#platform/http'
import { chooseLanguage, type Language, languageOf } from '../model/language.ts'
import { safeReturn } from '../model/return-path.ts'
import type { Screen, Visit } from './screen.ts'
import { WORDS } from './words.ts'

const LANGUAGE_COOKIE = 'writ_language'
const YEAR_SECONDS = 31_536_000

export async function visitOf(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  screen: Screen,
): Promise<Visit> {
  const query = queryOf(request)
  const language = languageFor(request)
  keepLanguage(services, query, reply)
  const found =
    screen.access === 'anyone' ? undefined : await services.ports.principalOfBrowser(request, reply)
  // Where signing in is not demanded, whoever still owes something counts as nobody: no way around paying it.
  const principal = screen.access === 'either' && found?.owes !== undefined ? undefined : found
  return {
    ctx: await contextOf(services, request, principal, language),
    request,
    reply,
    path: request.url.split('?')[0]!,
    language,
    words: WORDS[language],
    query,
    typed: typedOf(request),
    refusal: undefined,
  }
}

async function contextOf(
  services: Services,
  request: FastifyRequest,
  principal: Principal | undefined,
  language: Language,
): Promise<Ctx> {
  const client = { ...clientOf(request), language }
  if (!principal) {
    const { compiled } = await services.ports.policies.current()
    const actor = { kind: 'anonymous' } as const
    return createCtx(services, {
      requestId: request.id,
      client,
      actor,
      organizationId: ANYWHERE,
      policy: compiled,
    })
  }
  const { actor, home, policy } = principal
  return createCtx(services, {
    requestId: request.id,
    client,
    actor,
    organizationId: home.organizationId,
    principal,
    policy,
  })
}

/** A language that is asked for is kept: it is no secret, and signing in must not change it. */
function keepLanguage({ publicUrl }: Services, query: Visit['query'], reply: FastifyReply): void {
  const asked = languageOf(query['lang'])
  if (asked === undefined) return
  void reply.setCookie(LANGUAGE_COOKIE, asked, {
    path: '/',
    secure: publicUrl.startsWith('https:'),
    httpOnly: true,
    sameSite: 'lax',
    maxAge: YEAR_SECONDS,
  })
}

export function languageFor(request: FastifyRequest): Language {
  const { headers, cookies } = request
  return chooseLanguage({
    query: queryOf(request)['lang'],
    cookie: cookies[LANGUAGE_COOKIE],
    header: headers['accept-language'],
  })
}

function singleValues(values: unknown): Record<string, string | undefined> {
  const single: Record<string, string | undefined> = {}
  for (const [key, value] of Object.entries((values ?? {}) as Record<string, unknown>))
    if (typeof value === 'string') single[key] = value
  return single
}

/** Where somebody wants to go is judged here, once, before anything reads it. */
function pathsOnly<T extends Visit['query']>(values: T): T {
  return 'return' in values ? { ...values, return: safeReturn(values['return']) } : values
}

/** Fields of the form. */
export function typedOf(request: FastifyRequest): Visit['typed'] {
  return pathsOnly(singleValues(request.body))
}

/** Values of the address. */
export function queryOf(request: FastifyRequest): Visit['query'] {
  return pathsOnly(singleValues(request.query))
}
