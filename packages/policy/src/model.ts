/**
 * The policy as the rest of the product reads it: the file's own paths, every default filled in, durations
 * in seconds (the key says so), roles and resources as lists in the order of the file. Plain data: it can be
 * stored as JSON and sent to a browser.
 *
 * @module
 */
import type { PolicyFile } from './schema.ts'

/** Text for people: one string, or one per language. {@link textIn} picks. */
export type Text = string | Readonly<Record<string, string>>

/** The text in a language, else in the first language it has. */
export function textIn(text: Text, language: string): string {
  if (typeof text === 'string') return text
  return text[language] ?? Object.values(text)[0] ?? ''
}

/** `platform` is above the organizations; everything else happens inside exactly one of them. */
export type Scope = 'platform' | 'organization'

/** Types an attribute of a resource may have in conditions. */
export type AttributeType = 'string' | 'int' | 'double' | 'bool' | 'timestamp' | 'list<string>'

/** A state of a resource and the actions it closes. */
export interface ResourceState {
  readonly name: string
  readonly title?: Text
  readonly deny: readonly string[]
}

/** A resource of the application. Writ's own are in the catalogue, not here. */
export interface Resource {
  readonly name: string
  readonly title: Text
  readonly description?: Text
  readonly actions: readonly string[]
  readonly attributes: Readonly<Record<string, AttributeType>>
  readonly states: readonly ResourceState[]
  /** By action: the permissions that holding it stands for. */
  readonly implies: Readonly<Record<string, readonly string[]>>
}

/** One entry under a role's `allow`, as written: patterns are expanded by `compile`. */
export interface Grant {
  readonly allow: readonly string[]
  /** CEL; absent: unconditional. */
  readonly when?: string
  /** Service accounts may use this grant for sensitive actions. */
  readonly machines?: true
}

export interface Role {
  readonly name: string
  readonly title: Text
  readonly description?: Text
  readonly scope: Scope
  /** 0 is the most privileged. */
  readonly rank: number
  /** Roles held along with this one, as written (not their own inheritance). */
  readonly inherits: readonly string[]
  readonly allow: readonly Grant[]
  readonly deny: readonly string[]
  /** Roles its holders may give, resolved: `*` and the others' `assignedBy` included. */
  readonly assign: readonly string[]
  /** Roles whose holders it may administer, resolved. */
  readonly manages: readonly string[]
  /** `console`: only the operator's command beside the application; else every role that may give it. */
  readonly assignedBy: 'console' | readonly string[]
  readonly default: boolean
  readonly privileged: boolean
}

/** What the file says under a key, as read. */
type Section<K extends keyof PolicyFile> = NonNullable<PolicyFile[K]>

export type Organizations = Section<'organizations'>
export type Applications = Section<'applications'>
export type Separation = Section<'separation'>[number]
export type Sensitive = Section<'sensitive'>
export type Authentication = Section<'authentication'>
export type PasswordPolicy = Authentication['password']
export type Lockout = Authentication['lockout']
export type MfaPolicy = Authentication['mfa']
export type SessionPolicy = Authentication['session']
export type TokenPolicy = Authentication['tokens']
export type Provisioning = Section<'provisioning'>
export type ServiceAccountPolicy = Section<'serviceAccounts'>
export type WebhookPolicy = Section<'webhooks'>
export type ExecutionCodes = Section<'executionCodes'>
export type Offboarding = Section<'offboarding'>
export type Sanctions = Section<'sanctions'>
export type RequestPolicy = Section<'requests'>[number]
export type ReviewPolicy = Section<'reviews'>[number]
export type Elevation = Section<'elevation'>
export type BreakGlass = Section<'breakGlass'>
export type Impersonation = Section<'impersonation'>
export type SupportAccess = Section<'supportAccess'>
export type Signal = Section<'signals'>[number]
export type AuditPolicy = Section<'audit'>
export type Privacy = Section<'privacy'>
export type Plans = Section<'plans'>
export type ThirdParty = Section<'thirdParties'>[number]
export type Statement = Section<'statements'>[number]
export type Frameworks = Section<'frameworks'>
export type DocumentReview = Section<'review'>
export type HistoryEntry = Section<'history'>[number]

/** A checked policy. Only `parsePolicy` makes one, so its names all resolve. */
export interface Policy extends Omit<PolicyFile, 'roles' | 'resources'> {
  /** Most privileged first; the index is the rank. */
  readonly roles: readonly Role[]
  readonly resources: readonly Resource[]
}

/** Something wrong with a file: what, where, and what would be right. */
export interface Problem {
  readonly file?: string
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
  /** Where in the file, as keys: `roles.admin.allow[2]`. */
  readonly path: string
  readonly message: string
  readonly hint?: string
}
