/** One's own account and sessions. @module */
import { z } from 'zod'
import { mfaAdvice } from '#people/factors'
import { passwordField, userOf, userShape, userView } from '#people/identity'
import type { Ctx } from '#platform/context'
import { ANYTHING, type Route, route } from '#platform/http'
import { pathId, toWire } from '#platform/ids'
import { pageOf, pageQuery, pageSchema, toPage } from '#platform/pages'
import { changeOwnPassword } from '../commands/change-own-password.ts'
import { endOtherSessions, endOwnSession } from '../commands/end-sessions.ts'
import { forgetOwnDevice } from '../commands/forget-device.ts'
import { setCookie } from '../credentials/cookie.ts'
import { listOwnDevices, listOwnSessions, readMe } from '../queries.ts'
import {
  deviceShape,
  organizationShape,
  organizationView,
  owedField,
  sessionShape,
  sessionView,
  tokensShape,
} from './views.ts'

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
        emailVerified: z.boolean(),
        lastSignInAt: z.string().nullable(),
        passwordChangedAt: z.string().nullable(),
      }),
      organization: organizationShape.extend({ kind: z.enum(['platform', 'organization']) }),
      member: z.object({ id: z.string() }),
      roles: z.array(z.string()),
      owes: owedField,
      secondFactor: z.object({
        enrolled: z.boolean(),
        satisfied: z.boolean().describe('Proven in this session.'),
        required: z.boolean().describe('By a role held here.'),
        recommended: z.boolean(),
      }),
      profile: z.object({
        complete: z.boolean(),
        missing: z.array(z.enum(['name'])),
        wanted: z.enum(['off', 'encouraged', 'required']).describe('Whether the policy wants it complete.'),
      }),
      session: z.object({
        id: z.string(),
        createdAt: z.string(),
        authenticatedAt: z.string(),
        expiresAt: z.string(),
        methods: z.array(z.string()).describe('How it was opened, and what was proven in it since.'),
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
          emailVerified: user.emailVerifiedAt !== null,
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
        owes: ctx.principal!.owes ?? null,
        secondFactor: secondFactorOf(ctx),
        profile: profileOf(ctx, user),
        session: {
          id: toWire('ses', sessionId),
          createdAt: session.createdAt.toISOString(),
          authenticatedAt: session.authenticatedAt.toISOString(),
          expiresAt: session.expiresAt.toISOString(),
          methods: [...ctx.principal!.methods],
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
    // Not while a second factor is owed: whoever has the password alone may not choose the next one.
    whileOwing: ['password_change', 'email_verification', 'profile'],
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
    response: pageSchema(sessionShape.extend({ organization: organizationShape })),
    async handle(ctx, { query }) {
      const { userId, sessionId } = userOf(ctx)
      const page = pageOf('ses', query)
      return toPage('ses', page, await listOwnSessions(ctx, userId, page), (row) => ({
        ...sessionView(row, sessionId),
        organization: organizationView(row.organization),
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
  route({
    method: 'GET',
    path: '/me/devices',
    summary: 'Browsers that your account knows',
    tag: 'Me',
    access: 'member',
    query: z.strictObject(pageQuery('dev')),
    response: pageSchema(deviceShape),
    async handle(ctx, { query }) {
      const page = pageOf('dev', query)
      const { devices, current } = await listOwnDevices(ctx, userOf(ctx), page)
      return toPage('dev', page, devices, (row) => ({
        id: toWire('dev', row.id),
        name: row.name,
        ip: row.ip,
        createdAt: row.createdAt.toISOString(),
        lastUsedAt: row.lastUsedAt.toISOString(),
        current: row.id === current,
      }))
    },
  }),
  route({
    method: 'DELETE',
    path: '/me/devices/:device',
    summary: 'Have one of them forgotten',
    tag: 'Me',
    access: 'member',
    params: z.object({ device: pathId('dev') }),
    async handle(ctx, { params }) {
      await forgetOwnDevice(ctx, params.device)
    },
  }),
]

function secondFactorOf(ctx: Ctx) {
  const { level, enrolled } = mfaAdvice(ctx)
  return {
    enrolled,
    satisfied: ctx.principal!.standing!.secondFactor === 'satisfied',
    required: level === 'required',
    recommended: level === 'recommended',
  }
}

function profileOf(ctx: Ctx, { name }: { name: string }) {
  const missing = name === '' ? (['name'] as const) : []
  const wanted = ctx.principal!.policy.policy.provisioning.completeProfile
  return { complete: missing.length === 0, missing: [...missing], wanted }
}
