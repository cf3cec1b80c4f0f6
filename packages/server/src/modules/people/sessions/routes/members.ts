/** Sessions of an organization's members, for those who administer them. @module */
import { z } from 'zod'
import { type Route, route } from '#platform/http'
import { pathId } from '#platform/ids'
import { pageOf, pageQuery, pageSchema, toPage } from '#platform/pages'
import { endSessionOfMember, endSessionsOfMember } from '../commands/end-sessions-of-member.ts'
import { listSessionsOfMember } from '../queries.ts'
import { sessionShape, sessionView } from './views.ts'

const tag = 'Members'
const all = '/organizations/:organization/members/:member/sessions'
const params = z.object({ organization: z.string(), member: pathId('mem') })

export const memberSessionRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: all,
    summary: 'Where a member is signed in to this organization',
    tag,
    access: 'member',
    params,
    query: z.strictObject(pageQuery('ses')),
    response: pageSchema(sessionShape),
    async handle(ctx, { params, query }) {
      const page = pageOf('ses', query)
      const own = ctx.actor.kind === 'user' ? ctx.actor.sessionId : undefined
      return toPage('ses', page, await listSessionsOfMember(ctx, params.member, page), (row) =>
        sessionView(row, own),
      )
    },
  }),
  route({
    method: 'DELETE',
    path: all,
    summary: 'End the sessions that a member has in this organization',
    tag,
    access: 'member',
    params,
    response: z.object({ ended: z.int() }),
    handle: async (ctx, { params }) => ({ ended: await endSessionsOfMember(ctx, params.member) }),
  }),
  route({
    method: 'DELETE',
    path: `${all}/:session`,
    summary: 'End one of them',
    tag,
    access: 'member',
    params: params.extend({ session: pathId('ses') }),
    async handle(ctx, { params }) {
      await endSessionOfMember(ctx, params.member, params.session)
    },
  }),
]
