/** Second factors of others. @module */
import { z } from 'zod'
import { type Route, route } from '#platform/http'
import { pathId } from '#platform/ids'
import { resetMemberFactors } from '../commands/reset-factors.ts'

export const memberFactorRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/organizations/:organization/members/:member/reset-mfa',
    summary: 'Remove all second factors of a member who lost them; everything the account holds ends',
    tag: 'Members',
    access: 'member',
    params: z.object({ organization: z.string().describe('Id or slug'), member: pathId('mem') }),
    async handle(ctx, { params }) {
      await resetMemberFactors(ctx, params.member)
    },
  }),
]
