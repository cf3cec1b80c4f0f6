/** What is asked of a policy and what it answers. @module */

/** Where an assignment came from. Elevation and break-glass are temporary; support is an opened support access. */
export type AssignmentSource = 'assigned' | 'elevation' | 'break-glass' | 'platform' | 'support'

/** A role somebody has, as the database says right now. */
export interface Assignment {
  readonly id?: string
  readonly role: string
  /** Absent: assigned. */
  readonly source?: AssignmentSource
  /** From this moment on it grants nothing. Absent or null: no end. */
  readonly expiresAt?: Date | null
}

/** Who asks: everything a decision needs to know about them, read live. */
export interface Standing {
  readonly id: string
  readonly accountActive: boolean
  /** The organization the credential is for. */
  readonly organization: string
  /** Whether the membership in that organization is active. */
  readonly membershipActive: boolean
  readonly assignments: readonly Assignment[]
  readonly secondFactor: 'none' | 'enrolled' | 'satisfied'
  /** When the subject last proved who they are. */
  readonly authenticatedAt: Date
  /** Privileged roles grant nothing, pending review. */
  readonly privilegesSuspended?: boolean
  /** A service account: sensitive actions need a grant marked `machines: true`. */
  readonly machine?: boolean
}

export interface QuestionResource {
  /** The resource of a permission: leads, members. */
  readonly type: string
  readonly id?: string
  /** The organization it belongs to; absent: the one of the question. */
  readonly organization?: string
  readonly attributes?: Readonly<Record<string, unknown>>
  /** Absent: not asked about one resource in a state. A state the policy does not know closes every action. */
  readonly state?: string
  /** false: looked for and not there. */
  readonly found?: boolean
}

export interface Question {
  /** Absent: nobody is signed in. */
  readonly subject?: Standing
  /** `read`, or the whole permission `read:leads`. */
  readonly action: string
  readonly resource: QuestionResource
  /** The one organization in whose context the question is asked. */
  readonly organization: string
  /** That organization is the platform's own, where platform roles act as members. */
  readonly platform?: boolean
  readonly context?: Readonly<Record<string, unknown>>
  readonly now: Date
}

/** Why: the first check that failed, or `allowed`. In the order they are checked; `error` can take any place. */
export const reasons = [
  'unauthenticated',
  'account_inactive',
  'membership_inactive',
  'second_factor_enrolment_required',
  'second_factor_required',
  'resource_not_found',
  'unknown_permission',
  'explicit_deny',
  'not_granted',
  'condition_failed',
  'state_denied',
  'fresh_sign_in_required',
  'machine_grant_required',
  'allowed',
  'error',
] as const

export type Reason = (typeof reasons)[number]

/** The answer. A deny is data, never an exception. */
export interface Decision {
  readonly allowed: boolean
  readonly reason: Reason
  /** The whole permission, `action:resource`. */
  readonly permission: string
  /** The role that decided: the one that grants, or that denies. */
  readonly role: string | undefined
  /** The id of the assignment by which the subject has it. */
  readonly assignment: string | undefined
  /** The permission is sensitive under this policy, whatever the answer. */
  readonly sensitive: boolean
}
