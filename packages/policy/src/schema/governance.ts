/** Requests, reviews, elevation, break-glass, impersonation, support access, leavers, third parties. @module */
import { z } from 'zod'
import { dayOfYear, duration, listOf, name, roleNames, text } from './scalars.ts'

const stage = z
  .strictObject({
    name,
    title: text.exactOptional(),
    approvers: roleNames.min(1, 'a stage needs approvers'),
    quorum: z.int().min(1).max(10).describe('Distinct approvers needed').default(1),
    within: duration.describe('Escalates when undecided this long').exactOptional(),
  })
  .transform(({ within, ...rest }) => ({ ...rest, ...(within !== undefined && { withinSeconds: within }) }))

const request = z
  .strictObject({
    name,
    title: text.exactOptional(),
    roles: roleNames
      .describe('Roles that can be asked for; empty: all that are assigned in the application')
      .default([]),
    by: roleNames.describe('Roles whose holders may ask; empty: every member').default([]),
    justification: z.boolean().default(true),
    max: duration.describe('Longest time the granted role lives; absent: no end').exactOptional(),
    expire: duration.describe('An undecided request ends after').default(2_592_000),
    stages: listOf(stage).min(1, 'a request needs at least one stage'),
    notify: listOf(z.enum(['requester', 'approvers', 'owner'])).default(['requester', 'approvers']),
  })
  .transform(({ max, expire, ...rest }) => ({
    ...rest,
    expireSeconds: expire,
    ...(max !== undefined && { maxSeconds: max }),
  }))

/** Kinds of access request: every stage in turn, each with its approvers and quorum. */
export const requests = listOf(request)

const accessReview = z
  .strictObject({
    name,
    title: text.exactOptional(),
    scope: z.enum(['members', 'privileged', 'serviceAccounts', 'thirdParties', 'invites']),
    every: duration.exactOptional(),
    due: listOf(dayOfYear).default([]),
    window: duration.describe('How long before the due day the campaign opens').default(1_209_600),
    reviewers: roleNames.min(1, 'a review needs reviewers'),
    responsible: text.describe('Who answers for it, in words').exactOptional(),
    verify: listOf(z.enum(['needed', 'roleFits', 'mfa', 'recentUse', 'permissionUse'])).default([
      'needed',
      'roleFits',
    ]),
    flagInactive: duration.describe('Accounts without sign-in this long are flagged').exactOptional(),
    undecided: z
      .enum(['keep', 'deactivate'])
      .describe('What happens to items nobody decided')
      .default('keep'),
  })
  .refine((r) => r.every !== undefined || r.due.length > 0, { error: 'a review needs `every` or `due` days' })
  .transform(({ every, window, flagInactive, ...rest }) => ({
    ...rest,
    windowSeconds: window,
    ...(every !== undefined && { everySeconds: every }),
    ...(flagInactive !== undefined && { flagInactiveSeconds: flagInactive }),
  }))

/** Access reviews: at an interval or on fixed days. */
export const reviews = listOf(accessReview)

const elevationRule = z
  .strictObject({
    eligible: roleNames.min(1, 'an elevation needs eligible roles'),
    max: duration.default(14_400),
    approvals: z.int().min(0).max(5).default(1),
    approvers: roleNames.default([]),
  })
  .transform(({ max, ...rest }) => ({ ...rest, maxSeconds: max }))

/** A higher role for a limited time. */
export const elevation = z.strictObject({
  justification: z.boolean().default(true),
  roles: z.record(name, elevationRule).default({}),
})

/** Emergency access: two people open it, everything is logged, a review follows. */
export const breakGlass = z
  .strictObject({
    role: name.describe('The role it gives'),
    approvals: z.int().min(2, 'emergency access is opened by two people').max(5).default(2),
    approvers: roleNames.min(1, 'emergency access needs approvers'),
    max: duration.default(14_400),
    review: duration.describe('The review after the emergency is due within').default(604_800),
    detail: z
      .enum(['normal', 'enhanced'])
      .describe('How much is logged while it is open')
      .default('enhanced'),
    alert: roleNames.describe('Roles told at once').default([]),
  })
  .transform(({ max, review, ...rest }) => ({ ...rest, maxSeconds: max, reviewSeconds: review }))

/** Acting as somebody else, marked in every event it causes. */
export const impersonation = z
  .strictObject({
    by: roleNames.min(1, 'name the roles that may impersonate'),
    max: duration.default(3600),
    never: roleNames.describe('Roles whose holders are never impersonated').default([]),
    reason: z.boolean().default(true),
    notify: z.boolean().describe('The impersonated user is told').default(true),
  })
  .transform(({ max, ...rest }) => ({ ...rest, maxSeconds: max }))

/** Platform staff in an organization's data: opened with a reason, for a time, visible to the organization. */
export const supportAccess = z
  .strictObject({
    reasons: listOf(z.enum(['support', 'security', 'incident']))
      .min(1)
      .default(['support', 'security', 'incident']),
    by: roleNames.min(1, 'name the platform roles that may open it'),
    role: name.describe('The role it gives inside the organization'),
    max: duration.default(14_400),
    consent: z.boolean().describe("The organization's owner must agree first").default(false),
  })
  .transform(({ max, ...rest }) => ({ ...rest, maxSeconds: max }))

/** Steps that end a leaver's access. */
export const offboarding = z
  .strictObject({
    within: duration.describe('Accounts of leavers are closed within').default(86_400),
    roleChange: z
      .union([z.literal('same-day'), duration])
      .describe('Changed duties are reflected in the role within')
      .default('same-day'),
    immediately: listOf(z.enum(['termination', 'roleChange', 'incident', 'leave'])).default([
      'termination',
      'incident',
    ]),
    checklist: listOf(
      z.enum([
        'disable-account',
        'revoke-sessions',
        'rotate-shared-credentials',
        'remove-roles',
        'revoke-keys',
        'document',
        'verify',
      ]),
    ).default(['disable-account', 'revoke-sessions', 'remove-roles', 'revoke-keys', 'document', 'verify']),
    deletion: z
      .strictObject({
        self: z.boolean().default(false),
        prefer: z.enum(['deactivation', 'deletion']).default('deactivation'),
      })
      .describe('Whether users may delete themselves, and what is preferred')
      .prefault({}),
  })
  .transform(({ within, roleChange, ...rest }) => ({
    ...rest,
    withinSeconds: within,
    roleChangeWithin: roleChange,
  }))

/** What becomes of those who break the policy. */
export const sanctions = z.strictObject({
  suspendPrivileges: z.boolean().describe('Privileged roles can be suspended pending review').default(true),
  endAccount: z.boolean().describe('Persistent violation ends the account').default(true),
})

const thirdParty = z
  .strictObject({
    name,
    title: text.exactOptional(),
    service: text.describe('What it does for us').exactOptional(),
    access: text.describe('Kind of access: API keys, integration, …'),
    controls: listOf(
      z.enum(['managedSecrets', 'audit', 'rateLimit', 'signedWebhooks', 'tokenRotation', 'scopedKeys']),
    ).default([]),
    need: text.describe('The documented business need').exactOptional(),
    agreement: text.describe('Data processing agreement').exactOptional(),
    assessment: text.describe('Security assessment').exactOptional(),
    minimum: text.describe('Why its access is the least it needs').exactOptional(),
    owner: text.exactOptional(),
    review: duration.default(7_776_000),
  })
  .transform(({ review, ...rest }) => ({ ...rest, reviewSeconds: review }))

/** The register of third parties with access. */
export const thirdParties = listOf(thirdParty)
