import { tighten } from '@writ/policy'
import type { Ctx } from '#platform/context'
import { toWire } from '#platform/ids'
import { errors, events, permissions } from '../catalog.ts'
import { lockOverrides, saveOverrides } from '../store.ts'

/**
 * Tightens the policy for one organization: paths as in the policy file, null takes an earlier change back. It holds
 * from the next request on, on every node.
 *
 * @throws `policy.setting_refused` naming each setting that is looser than the policy, not the organization's to set, or no setting
 */
export async function changePolicySettings(
  ctx: Ctx,
  change: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  await ctx.authorize(permissions.updateSettings, {
    type: 'organization',
    id: toWire('org', ctx.organizationId),
  })
  const { compiled } = await ctx.services.ports.policies.current()
  return ctx.tx(
    async (tx) => {
      const before = await lockOverrides(tx, ctx.organizationId)
      const after = Object.fromEntries(
        Object.entries({ ...before, ...change }).filter(([, value]) => value !== null),
      )
      const tightened = tighten(compiled.policy, after)
      if (!tightened.ok) throw refused(tightened.problems)
      await saveOverrides(tx, ctx.organizationId, after, ctx.now())
      const target = { type: 'organization', id: ctx.organizationId }
      await ctx.record(
        tx,
        events.settings_changed({ target, before: { settings: before }, after: { settings: after } }),
      )
      return after
    },
    { exclusive: true },
  )
}

function refused(problems: readonly { path: string; message: string; hint?: string }[]) {
  return errors.setting_refused({
    errors: problems.map(({ path, message, hint }) => ({
      path: `settings.${path}`,
      message: hint === undefined ? message : `${message} ${hint}`,
    })),
  })
}
