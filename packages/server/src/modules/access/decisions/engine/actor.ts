/** The port behind `ctx.authorize`: may this request's own actor do this? @module */
import { type Decision, decide, type Standing } from '@writ/policy'
import type { Ctx, Target } from '#platform/context'
import { toWire } from '#platform/ids'
import { permissions } from '../catalog.ts'

/** What a program that guards an application needs; roles, and with them everything else, are for members. */
const APPLICATIONS_MAY: ReadonlySet<string> = new Set(Object.values(permissions))

/**
 * Decides for the actor of a request from the standing that the request was admitted with, by the same `decide`
 * as every question of others. An application holds no role: it may ask and register, for its own organization or,
 * where it is the platform's, for any. The operator's commands run beside the application and are not refused.
 */
export async function decideForActor(
  ctx: Ctx,
  permission: string,
  target: Target | undefined,
): Promise<Decision> {
  const decision = decisionFor(ctx, permission, target)
  ctx.services.metrics.decisions.inc({ allowed: String(decision.allowed), reason: decision.reason })
  return decision
}

function decisionFor(ctx: Ctx, permission: string, target: Target | undefined): Decision {
  switch (ctx.actor.kind) {
    case 'operator':
      return answer(permission, 'allowed')
    case 'application':
      return answer(permission, applicationMay(ctx, permission) ? 'allowed' : 'not_granted')
    case 'user':
      return decideForMember(ctx, permission, target)
    default:
      return answer(permission, 'unauthenticated')
  }
}

function decideForMember(ctx: Ctx, permission: string, target: Target | undefined): Decision {
  const { principal } = ctx
  return decide(ctx.policy, {
    ...(principal?.standing ? { subject: asSubject(principal.standing) } : {}),
    action: permission,
    resource: {
      type: permission.slice(permission.indexOf(':') + 1),
      ...(target?.id === undefined ? {} : { id: target.id }),
      ...(target?.attributes === undefined ? {} : { attributes: target.attributes }),
      ...(target?.state === undefined ? {} : { state: target.state }),
    },
    organization: ctx.organizationId,
    platform: principal?.home.kind === 'platform' && principal.home.organizationId === ctx.organizationId,
    now: ctx.now(),
  })
}

/** Conditions compare `subject.id` with ids that the application stores, so it is spelled as the API spells it. */
export function asSubject(standing: Standing): Standing {
  return standing.id.startsWith('usr_') ? standing : { ...standing, id: toWire('usr', standing.id) }
}

function applicationMay(ctx: Ctx, permission: string): boolean {
  const home = ctx.principal?.home
  if (!home || !APPLICATIONS_MAY.has(permission)) return false
  return home.kind === 'platform' || home.organizationId === ctx.organizationId
}

function answer(permission: string, reason: 'allowed' | 'not_granted' | 'unauthenticated'): Decision {
  return {
    allowed: reason === 'allowed',
    reason,
    permission,
    role: undefined,
    assignment: undefined,
    sensitive: false,
  }
}
