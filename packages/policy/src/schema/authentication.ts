/** Passwords, lockout, second factor, sessions, tokens, machines' credentials, incoming webhooks. @module */
import { z } from 'zod'
import { duration, listOf, name, roleNames, text } from './scalars.ts'

const password = z
  .strictObject({
    minLength: z.int().min(8, 'fewer than 8 characters are never safe').max(72).default(8),
    require: listOf(z.enum(['upper', 'lower', 'digit', 'special']))
      .describe('Kinds of characters each password has')
      .default([]),
    bcrypt: z
      .int()
      .min(10, 'fewer than 10 rounds are too fast to guess')
      .max(15)
      .describe('Cost of the hash')
      .default(12),
    blockCommon: z.boolean().describe('Well-known passwords are refused').default(true),
    temporary: duration.describe('How long a temporary password works').default(604_800),
  })
  .transform(({ temporary, ...rest }) => ({ ...rest, temporarySeconds: temporary }))

const lockout = z
  .strictObject({
    after: z
      .int()
      .min(3, 'fewer than 3 attempts lock people out by accident')
      .max(100)
      .describe('Failed sign-ins in a row')
      .default(10),
    for: duration.default(900),
  })
  .transform(({ after, for: forSeconds }) => ({ after, forSeconds }))

const mfa = z.strictObject({
  methods: listOf(z.enum(['totp', 'passkey']))
    .min(1)
    .default(['totp', 'passkey']),
  required: roleNames.describe('Roles without access before the second factor').default([]),
  recommended: roleNames.describe('Roles that are reminded').default([]),
  recoveryCodes: z.int().min(0).max(20).describe('One-time codes made at enrolment').default(10),
  removal: z
    .enum(['password', 'secondFactor', 'both'])
    .describe('What removing a factor needs')
    .default('password'),
})

const session = z
  .strictObject({
    idle: duration.describe('Ends after this long without activity').default(28_800),
    absolute: duration.describe('Ends this long after sign-in').default(604_800),
    rotateOn: listOf(z.enum(['privilegeChange', 'stepUp', 'switch']))
      .describe('The id changes on')
      .default(['privilegeChange', 'stepUp', 'switch']),
    singleSignOn: z.boolean().describe('One sign-on serves all applications').default(true),
  })
  .transform(({ idle, absolute, ...rest }) => ({ ...rest, idleSeconds: idle, absoluteSeconds: absolute }))

const tokens = z
  .strictObject({
    algorithm: z
      .enum(['EdDSA', 'ES256', 'RS256', 'HS256'])
      .describe('Signature of access tokens')
      .default('EdDSA'),
    access: duration.default(900),
    refresh: duration.default(604_800),
  })
  .transform(({ algorithm, access, refresh }) => ({
    algorithm,
    accessSeconds: access,
    refreshSeconds: refresh,
  }))

const links = z
  .strictObject({
    reset: duration.describe('A password reset link works this long').default(3600),
    verify: duration.describe('An e-mail verification link works this long').default(86_400),
  })
  .transform(({ reset, verify }) => ({ resetSeconds: reset, verifySeconds: verify }))

/** How identities prove themselves. */
export const authentication = z.strictObject({
  methods: listOf(
    z.enum([
      'password',
      'passkey',
      'accessToken',
      'apiKey',
      'serviceAccount',
      'internalSecret',
      'webhookSignature',
    ]),
  )
    .min(1)
    .describe('Ways to authenticate that exist here')
    .default([
      'password',
      'passkey',
      'accessToken',
      'apiKey',
      'serviceAccount',
      'internalSecret',
      'webhookSignature',
    ]),
  password: password.prefault({}),
  lockout: lockout.prefault({}),
  mfa: mfa.prefault({}),
  session: session.prefault({}),
  tokens: tokens.prefault({}),
  links: links.prefault({}),
})

/** How accounts come to be. Who may create them is `create:members` and each role's `assign`. */
export const provisioning = z.strictObject({
  by: roleNames.describe('Roles that create accounts; they need create:members').default([]),
  temporaryPassword: z.boolean().describe('A generated password, changed at first sign-in').default(false),
  verifyEmail: z.boolean().default(true),
  activationMail: z.boolean().default(true),
  completeProfile: z.enum(['off', 'encouraged', 'required']).default('encouraged'),
  selfRegister: roleNames.describe('Roles a person may take by registering').default([]),
  invites: z
    .strictObject({ expire: duration.default(604_800) })
    .transform(({ expire }) => ({ expireSeconds: expire }))
    .prefault({}),
})

/** Machines' identities: each belongs to one organization and has a role of its own. */
export const serviceAccounts = z
  .strictObject({
    roles: roleNames
      .describe('Roles a service account may hold; empty: every role that is not privileged')
      .default([]),
    rotateEvery: duration.describe('Secrets are replaced at least this often').exactOptional(),
    overlap: duration.describe('Old and new secret both work this long').default(86_400),
    flagUnused: duration.describe('Unused this long is reported').default(7_776_000),
  })
  .transform(({ rotateEvery, overlap, flagUnused, ...rest }) => ({
    ...rest,
    overlapSeconds: overlap,
    flagUnusedSeconds: flagUnused,
    ...(rotateEvery !== undefined && { rotateEverySeconds: rotateEvery }),
  }))

/** Incoming webhooks: unsigned ones are refused. */
export const webhooks = z.strictObject({
  incoming: listOf(
    z.strictObject({
      provider: name,
      title: text.exactOptional(),
      scheme: z.enum(['twilio', 'hmac-sha1', 'hmac-sha256', 'standard-webhooks']),
      header: z
        .string()
        .regex(/^[A-Za-z][A-Za-z0-9-]*$/)
        .describe('Header that carries the signature')
        .exactOptional(),
    }),
  ).default([]),
})
