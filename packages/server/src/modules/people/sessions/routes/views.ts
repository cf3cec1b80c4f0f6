/** What sign-in and session routes read and answer. @module */
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { type FactorProof, optionsShape, type PasskeyQuestion, passkeyAnswerField } from '#people/factors'
import { type AccountOrganization, userShape, userView } from '#people/identity'
import type { Ctx } from '#platform/context'
import { invalidField } from '#platform/errors'
import { toWire, type Uuid } from '#platform/ids'
import { issueTokens } from '../commands/issue-tokens.ts'
import type { Switched } from '../commands/switch-organization.ts'
import type { SignedIn, SignInResult } from '../commands/take-next-step.ts'
import { setCookie, setDeviceCookie } from '../credentials/cookie.ts'
import { deviceOf } from '../model/device.ts'

export const organizationField = z.string().min(1).max(100).describe('Id or slug.')
export const tokenField = z.string().min(1).max(500)

export const organizationShape = z.object({ id: z.string(), slug: z.string(), name: z.string() })

export const owedField = z
  .enum(['password_change', 'email_verification', 'second_factor_enrolment', 'second_factor', 'profile'])
  .nullable()
  .describe('What is to be done before anything else is open.')

export const tokensShape = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  tokenType: z.literal('Bearer'),
  expiresIn: z.int().describe('Seconds until the access token expires.'),
})

const session = { user: userShape, organization: organizationShape, owes: owedField }

export const signedInShape = tokensShape.extend({ status: z.literal('signed_in'), ...session })

const challengeField = (path: string) => z.string().describe(`For ${path}; ten minutes, once.`)

export const signInShape = z.discriminatedUnion('status', [
  signedInShape,
  tokensShape.extend({
    status: z
      .literal('mfa_enrolment_required')
      .describe('Signed in, and nothing but setting up a second factor is open.'),
    ...session,
  }),
  z.object({
    status: z.literal('mfa_required'),
    challenge: challengeField('/auth/mfa'),
    methods: z.array(z.enum(['totp', 'recovery_code', 'passkey'])),
  }),
  z.object({
    status: z.literal('password_change_required'),
    challenge: challengeField('/auth/password/change'),
  }),
  z.object({
    status: z.literal('organization_required'),
    challenge: challengeField('/auth/organization'),
    organizations: z.array(organizationShape),
  }),
])

export const sessionShape = z.object({
  id: z.string(),
  device: z.string(),
  userAgent: z.string(),
  ip: z.string().nullable(),
  methods: z.array(z.string()).describe('How it was opened, and what was proven in it since.'),
  createdAt: z.string(),
  lastUsedAt: z.string(),
  expiresAt: z.string(),
  state: z
    .enum(['active', 'idle'])
    .describe('idle: its cookie no longer holds, its refresh token still may.'),
  current: z.boolean(),
})

export const deviceShape = z.object({
  id: z.string(),
  name: z.string(),
  ip: z.string().nullable(),
  createdAt: z.string(),
  lastUsedAt: z.string(),
  current: z.boolean(),
})

export const passkeyQuestionShape = z.object({
  challenge: z.string().describe('To be sent back with the answer.'),
  options: optionsShape.describe('For PublicKeyCredential.parseRequestOptionsFromJSON().'),
})

export function passkeyQuestionView({
  challenge,
  options,
}: PasskeyQuestion): z.input<typeof passkeyQuestionShape> {
  return { challenge, options: { ...options } }
}

/** A second factor in a body: `code` or `passkey`, as `method` says. */
export const factorFields = {
  method: z.enum(['totp', 'recovery_code', 'passkey']),
  code: z.string().min(1).max(100).optional().describe('For totp and recovery_code.'),
  passkey: passkeyAnswerField.optional().describe('For passkey.'),
}

type FactorBody = z.output<z.ZodObject<typeof factorFields>>

/** @throws `invalid_input` where what the method takes is missing */
export function factorProofOf({ method, code, passkey }: FactorBody): FactorProof {
  if (method === 'passkey') {
    if (passkey === undefined) throw invalidField('passkey', 'is missing: method "passkey" takes it')
    return { method, ...passkey }
  }
  if (code === undefined) throw invalidField('code', `is missing: method "${method}" takes it`)
  return { method, code }
}

export function organizationView({
  organizationId,
  slug,
  name,
}: Pick<AccountOrganization, 'organizationId' | 'slug' | 'name'>): z.input<typeof organizationShape> {
  return { id: toWire('org', organizationId), slug, name }
}

interface SessionRow {
  readonly id: Uuid
  readonly userAgent: string | null
  readonly ip: string | null
  readonly methods: readonly string[]
  readonly createdAt: Date
  readonly lastUsedAt: Date
  readonly expiresAt: Date
  readonly isIdle: boolean
}

export function sessionView(row: SessionRow, current: Uuid | undefined): z.input<typeof sessionShape> {
  return {
    id: toWire('ses', row.id),
    device: deviceOf(row.userAgent ?? ''),
    userAgent: row.userAgent ?? '',
    ip: row.ip,
    methods: [...row.methods],
    createdAt: row.createdAt.toISOString(),
    lastUsedAt: row.lastUsedAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    state: row.isIdle ? 'idle' : 'active',
    current: row.id === current,
  }
}

export async function signedInView(
  ctx: Ctx,
  { account, organization, credentials }: Switched,
): Promise<z.input<typeof signedInShape>> {
  const tokens = await issueTokens(ctx, credentials.tokenInput, credentials.refreshToken)
  return {
    status: 'signed_in',
    ...tokens,
    user: userView(account),
    organization: organizationView(organization),
    owes: credentials.owes ?? null,
  }
}

/** Gives a browser what it keeps of a sign-in: the session, and the secret by which its device is known again. */
export function setSignInCookies(
  reply: FastifyReply,
  { credentials, deviceSecret }: Pick<SignedIn, 'credentials' | 'deviceSecret'>,
): void {
  setCookie(reply, credentials.cookie, credentials.expiresAt)
  if (deviceSecret !== undefined) setDeviceCookie(reply, deviceSecret)
}

export async function signInView(
  ctx: Ctx,
  reply: FastifyReply,
  result: SignInResult,
): Promise<z.input<typeof signInShape>> {
  switch (result.status) {
    case 'mfa_required':
      return { ...result, methods: [...result.methods] }
    case 'password_change_required':
      return { ...result }
    case 'organization_required':
      return { ...result, organizations: result.organizations.map(organizationView) }
    default:
      setSignInCookies(reply, result)
      return { ...(await signedInView(ctx, result)), status: result.status }
  }
}
