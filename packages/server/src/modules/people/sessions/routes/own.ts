/** One's own account and sessions. @module */
import { z } from 'zod'
import { passwordField, userShape, userView } from '#people/identity'
import { ANYTHING, type Route, route } from '#platform/http'
import { pathId, toWire } from '#platform/ids'
import { pageOf, pageQuery, pageSchema, toPage } from '#platform/pages'
import { changeOwnPassword } from '../commands/change-own-password.ts'
import { endOtherSessions, endOwnSession, userOf } from '../commands/end-sessions.ts'
import { setCookie } from '../credentials/cookie.ts'
import { deviceOf } from '../model/device.ts'
import { listOwnSessions, readMe } from '../queries.ts'
import { organizationShape, organizationView, sessionShape, tokensShape } from './views.ts'

export const ownRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/me',
    summary: 'Who you are, here and now',
    tag: 'Me',
    access: 'member',
    whileOwing: ANYTHING,
    response: z.object({
      user: userShape.extend({
        lastSignInAt: z.string().nullable(),
        passwordChangedAt: z.string().nullable(),
      }),
      organization: organizationShape.extend({ kind: z.enum(['platform', 'organization']) }),
      member: z.object({ id: z.string() }),
      roles: z.array(z.string()),
      session: z.object({
        id: z.string(),
        createdAt: z.string(),
        authenticatedAt: z.string(),
        expiresAt: z.string(),
      }),
    }),
    async handle(ctx) {
      const { userId, memberId, sessionId } = userOf(ctx)
      const { user, organization, session } = await readMe(ctx, userId, sessionId)
      const live = ctx.principal!.standing!.assignments.filter(
        ({ expiresAt }) => !expiresAt || expiresAt > ctx.now(),
      )
      return {
        user: {
          ...userView(user),
          lastSignInAt: user.lastSignInAt?.toISOString() ?? null,
          passwordChangedAt: user.passwordChangedAt?.toISOString() ?? null,
        },
        organization: {
          id: toWire('org', organization.id),
          slug: organization.slug,
          name: organization.name,
          kind: organization.kind as 'platform' | 'organization',
        },
        member: { id: toWire('mem', memberId) },
        roles: [...new Set(live.map(({ role }) => role))],
        session: {
          id: toWire('ses', sessionId),
          createdAt: session.createdAt.toISOString(),
          authenticatedAt: session.authenticatedAt.toISOString(),
          expiresAt: session.expiresAt.toISOString(),
        },
      }
    },
  }),
  route({
    method: 'POST',
    path: '/me/password',
    summary: 'Change your password; everything else that is signed in ends',
    tag: 'Me',
    access: 'member',
    whileOwing: ANYTHING,
    body: z.strictObject({ currentPassword: passwordField, newPassword: passwordField }),
    response: tokensShape,
    async handle(ctx, { body, reply }) {
      const { tokens, cookie, expiresAt } = await changeOwnPassword(ctx, body)
      if (ctx.principal!.credential === 'cookie') setCookie(reply, cookie, expiresAt)
      return tokens
    },
  }),
  route({
    method: 'GET',
    path: '/me/sessions',
    summary: 'Where you are signed in',
    tag: 'Me',
    access: 'member',
    query: z.strictObject(pageQuery('ses')),
    response: pageSchema(sessionShape),
    async handle(ctx, { query }) {
      const { userId, sessionId } = userOf(ctx)
      const page = pageOf('ses', query)
      return toPage('ses', page, await listOwnSessions(ctx, userId, page), (row) => ({
        id: toWire('ses', row.id),
        device: deviceOf(row.userAgent ?? ''),
        userAgent: row.userAgent ?? '',
        ip: row.ip,
        organization: organizationView(row.organization),
        createdAt: row.createdAt.toISOString(),
        lastUsedAt: row.lastUsedAt.toISOString(),
        expiresAt: row.expiresAt.toISOString(),
        state: row.isIdle ? ('idle' as const) : ('active' as const),
        current: row.id === sessionId,
      }))
    },
  }),
  route({
    method: 'DELETE',
    path: '/me/sessions/:session',
    summary: 'End one of your sessions',
    tag: 'Me',
    access: 'member',
    params: z.object({ session: pathId('ses') }),
    async handle(ctx, { params }) {
      await endOwnSession(ctx, params.session)
    },
  }),
  route({
    method: 'DELETE',
    path: '/me/sessions',
    summary: 'End your other sessions',
    tag: 'Me',
    access: 'member',
    response: z.object({ ended: z.int() }),
    async handle(ctx) {
      return { ended: await endOtherSessions(ctx) }
    },
  }),
]
