/** Routes of the settings that an organization may tighten. @module */
import { settablePaths } from '@writ/policy'
import { z } from 'zod'
import type { Ctx } from '#platform/context'
import { type Route, route } from '#platform/http'
import { changePolicySettings } from '../commands/change-policy-settings.ts'
import { readPolicySettings } from '../queries.ts'

const tag = 'Policy'
const path = '/organizations/:organization/policy-settings'
const params = z.object({ organization: z.string() })

const settings = z.record(z.string(), z.unknown()).describe('Path and value as in the policy file')
const response = z.object({
  settings,
  maySet: z.array(z.string()).describe('What the policy lets organizations tighten'),
})

function view(ctx: Ctx, overrides: Readonly<Record<string, unknown>>): z.input<typeof response> {
  return { settings: { ...overrides }, maySet: [...ctx.policy.policy.organizations.maySet] }
}

export const settingRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path,
    summary: 'What the organization tightened for itself, and what it may',
    tag,
    access: 'member',
    params,
    response,
    async handle(ctx) {
      return view(ctx, await readPolicySettings(ctx))
    },
  }),
  route({
    method: 'PATCH',
    path,
    summary: 'Tighten settings of the policy for this organization; null takes an earlier change back',
    tag,
    access: 'member',
    params,
    body: z.strictObject({
      settings: z
        .record(
          z.string().max(100),
          z.union([
            z.string().max(100),
            z.number(),
            z.boolean(),
            z.array(z.string().max(100)).max(100),
            z.null(),
          ]),
        )
        .refine((given) => Object.keys(given).length > 0, 'should name a setting')
        .describe(`{"authentication.session.idle": "4h"}; settings: ${settablePaths.join(', ')}`),
    }),
    response,
    async handle(ctx, { body }) {
      return view(ctx, await changePolicySettings(ctx, body.settings))
    },
  }),
]
