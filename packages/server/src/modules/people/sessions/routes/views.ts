/** What sign-in and session routes read and answer. @module */
import '@fastify/cookie'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { type AccountOrganization, userShape, userView } from '#people/identity'
import type { Ctx } from '#platform/context'
import { toWire } from '#platform/ids'
import { issueTokens } from '../commands/issue-tokens.ts'
import type { SignInResult } from '../commands/sign-in.ts'
import { setCookie } from '../credentials/cookie.ts'

export const organizationField = z.string().min(1).max(100).describe('Id or slug.')
export const tokenField = z.string().min(1).max(500)

export const organizationShape = z.object({ id: z.string(), slug: z.string(), name: z.string() })

export const tokensShape = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  tokenType: z.literal('Bearer'),
  expiresIn: z.int().describe('Seconds until the access token expires.'),
})

export const signedInShape = tokensShape.extend({
  status: z.literal('signed_in'),
  user: userShape,
  organization: organizationShape,
})

export const signInShape = z.discriminatedUnion('status', [
  signedInShape,
  z.object({ status: z.literal('organization_required'), organizations: z.array(organizationShape) }),
  z.object({
    status: z.literal('password_change_required'),
    challenge: z.string().describe('For /auth/password/change; ten minutes, once.'),
  }),
])

export const sessionShape = z.object({
  id: z.string(),
  device: z.string(),
  userAgent: z.string(),
  ip: z.string().nullable(),
  organization: organizationShape,
  createdAt: z.string(),
  lastUsedAt: z.string(),
  expiresAt: z.string(),
  state: z
    .enum(['active', 'idle'])
    .describe('idle: its cookie no longer holds, its refresh token still may.'),
  current: z.boolean(),
})

export function organizationView({
  organizationId,
  slug,
  name,
}: AccountOrganization): z.input<typeof organizationShape> {
  return { id: toWire('org', organizationId), slug, name }
}

type SignedIn = Omit<Extract<SignInResult, { status: 'signed_in' }>, 'status'>

export async function signedInView(
  ctx: Ctx,
  { account, organization, credentials }: SignedIn,
): Promise<z.input<typeof signedInShape>> {
  const tokens = await issueTokens(ctx, credentials.tokenInput, credentials.refreshToken)
  return {
    status: 'signed_in',
    ...tokens,
    user: userView(account),
    organization: organizationView(organization),
  }
}

export async function signInView(
  ctx: Ctx,
  reply: FastifyReply,
  result: SignInResult,
): Promise<z.input<typeof signInShape>> {
  if (result.status === 'organization_required') {
    return { status: result.status, organizations: result.organizations.map(organizationView) }
  }
  if (result.status === 'password_change_required') return { ...result }
  setCookie(reply, result.credentials.cookie, result.credentials.expiresAt)
  return signedInView(ctx, result)
}
