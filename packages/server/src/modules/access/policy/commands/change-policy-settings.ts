import { type CompiledPolicy, compileTightened, tighten } from '@writ/policy'
import { provesFactor } from '#people/factors'
import { isPermitted } from '#people/sessions'
import { type Ctx, createCtx, type Principal, type Target } from '#platform/context'
import { toWire } from '#platform/ids'
import { errors, events, permissions } from '../catalog.ts'
import { lockOverrides, saveOverrides } from '../store.ts'

/**
 * Tightens the policy for one organization: paths as in the policy file, null takes an earlier change back. It holds
 * from the next request on, on every node.
 *
 * @throws `policy.setting_refused` naming each setting that is looser than the policy, not the organization's to set, or
 *   no setting; `policy.locks_you_out` where the actor could not take it back (a second factor they do not have, say, or a
 *   credential no longer permitted)
 */
export async function changePolicySettings(
  ctx: Ctx,
  change: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const target = { type: 'organization', id: toWire('org', ctx.organizationId) }
  await ctx.authorize(permissions.updateSettings, target)
  const { compiled } = await ctx.services.ports.policies.current()
  return ctx.tx(
    async (tx) => {
      const before = await lockOverrides(tx, ctx.organizationId)
      const after = Object.fromEntries(
        Object.entries({ ...before, ...change }).filter(([, value]) => value !== null),
      )
      const tightened = tighten(compiled.policy, after)
      if (!tightened.ok) throw refused(tightened.problems)
      await stayAdmitted(ctx, compileTightened(compiled, tightened.policy), target)
      await saveOverrides(tx, ctx.organizationId, after, ctx.now())
      await ctx.record(
        tx,
        events.settings_changed({
          target: { type: 'organization', id: ctx.organizationId },
          before: { settings: before },
          after: { settings: after },
        }),
      )
      return after
    },
    { exclusive: true },
  )
}

async function stayAdmitted(ctx: Ctx, policy: CompiledPolicy, target: Target): Promise<void> {
  const { requestId, client, actor, organizationId, principal } = ctx
  const isOwn = principal?.home.organizationId === organizationId
  if (
    isOwn &&
    principal.credential !== 'application' &&
    !isPermitted(policy, principal.methods, principal.credential)
  )
    throw errors.locks_you_out({ reason: 'method_not_permitted' })
  const after = isOwn ? withProofsUnder(policy, principal) : principal
  const then = createCtx(ctx.services, { requestId, client, actor, organizationId, principal: after, policy })
  const { allowed, reason } = await ctx.services.ports.decide(then, permissions.updateSettings, target)
  if (!allowed) throw errors.locks_you_out({ reason })
}

/** A second factor that the settings no longer take counts no more. */
function withProofsUnder({ policy }: CompiledPolicy, principal: Principal): Principal {
  const { standing, methods } = principal
  if (standing?.secondFactor !== 'satisfied' || provesFactor(policy.authentication, methods)) return principal
  return { ...principal, standing: { ...standing, secondFactor: 'enrolled' } }
}

function refused(problems: readonly { path: string; message: string; hint?: string }[]) {
  return errors.setting_refused({
    errors: problems.map(({ path, message, hint }) => ({
      path: `settings.${path}`,
      message: hint === undefined ? message : `${message} ${hint}`,
    })),
  })
}
