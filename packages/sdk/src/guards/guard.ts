/**
 * What the guards of all frameworks share: from a request's bearer to let in, 401, 403 or 503.
 *
 * @module
 */
import type { Client } from '../client.ts'
import { WritError } from '../errors.ts'

/** Who was let in. */
export interface Subject {
  readonly id: string
  readonly email?: string
  readonly name?: string
  readonly roles: readonly string[]
  /** The organization that the bearer is for. */
  readonly organization: { readonly id: string; readonly slug: string }
}

/** What a guard asks beside the permission. */
export interface GuardOptions<Request> {
  /** The one resource, where the policy has conditions or states on it. Default: none, the question is about the type. */
  readonly resource?: (
    request: Request,
  ) => string | { readonly id?: string; readonly properties?: Readonly<Record<string, unknown>> } | undefined
}

export type Verdict =
  | { readonly allowed: true; readonly subject: Subject }
  | { readonly allowed: false; readonly status: 401 | 403 | 503; readonly problem: Record<string, unknown> }

type Resource = ReturnType<NonNullable<GuardOptions<never>['resource']>>

/** Asks whether the bearer may. Never throws: whoever cannot be asked about is not let in (503). */
export async function permit(
  client: Client,
  authorization: string | undefined | null,
  permission: string,
  resource?: Resource,
): Promise<Verdict> {
  const token = bearer(authorization)
  if (token === undefined)
    return refuse(401, 'unauthorized', 'Sign in first: send an Authorization header with a bearer token.')
  try {
    const answer = await client.check({
      subject: { token },
      permission,
      ...(resource === undefined ? {} : { resource }),
    })
    if (answer.reason === 'unauthenticated')
      return refuse(401, 'unauthorized', 'The token does not hold (any more). Sign in again.')
    if (!answer.allowed || !answer.subject || !answer.organization)
      return refuse(403, 'forbidden', `This needs ${permission}.`, { reason: answer.reason, permission })
    return {
      allowed: true,
      subject: { ...answer.subject, roles: answer.subject.roles ?? [], organization: answer.organization },
    }
  } catch (error) {
    return outage(error)
  }
}

/** Asks whether the bearer holds one of the roles now. */
export async function permitRole(
  client: Client,
  authorization: string | undefined | null,
  roles: readonly string[],
): Promise<Verdict> {
  let last: Verdict = refuse(403, 'forbidden', 'This needs a role, and none is named.')
  for (const role of roles) {
    last = await permit(client, authorization, 'hold:role', role)
    if (last.allowed || last.status !== 403) return last
  }
  if (last.allowed) return last
  const named = roles.length === 1 ? `the role ${roles[0]}` : `one of the roles ${roles.join(', ')}`
  return refuse(403, 'forbidden', `This needs ${named}.`, { reason: last.problem['reason'], roles })
}

/** The refusal as a Response. */
export function problemResponse(verdict: Verdict & { allowed: false }): Response {
  return new Response(JSON.stringify(verdict.problem), {
    status: verdict.status,
    headers: { 'content-type': 'application/problem+json' },
  })
}

function bearer(authorization: string | undefined | null): string | undefined {
  return /^Bearer ([\w.~+/-]+=*)$/i.exec(authorization ?? '')?.[1]
}

function outage(error: unknown): Verdict {
  if (error instanceof WritError && error.status === 401) {
    return refuse(
      503,
      'unavailable',
      "Access could not be decided: Writ refuses this application's own credential.",
    )
  }
  const code = error instanceof WritError ? error.code : 'unavailable'
  return refuse(503, 'unavailable', `Access could not be decided (${code}), so it is refused. Try again.`)
}

function refuse(
  status: 401 | 403 | 503,
  code: string,
  detail: string,
  facts: Record<string, unknown> = {},
): Verdict {
  const title = { 401: 'Unauthorized', 403: 'Forbidden', 503: 'Service Unavailable' }[status]
  return { allowed: false, status, problem: { type: 'about:blank', title, status, code, detail, ...facts } }
}
