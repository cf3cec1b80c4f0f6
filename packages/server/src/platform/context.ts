/**
 * What a command is given: who acts, in which organization, under which policy, and the few effects it may have.
 *
 * Effects arrive here, not by import, so that everyone can be authorized and audited though `access` and
 * `evidence` stand above `people`. The ports are declared below, joined in app.ts, and built once a request.
 *
 * @module
 */
import type { CompiledPolicy, Decision, Standing } from '@writ/policy'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import type { Database, Scope, Tx } from './database.ts'
import { failures } from './errors.ts'
import type { Uuid } from './ids.ts'
import type { Mail, MailLanguage } from './mail.ts'
import type { Passwords } from './passwords.ts'
import type { Metrics } from './telemetry.ts'

export type { Tx } from './database.ts'

/** Who acts. `operator` is a command at the server's own machine, `system` a rule of the policy carrying itself out. */
export type Actor =
  | { readonly kind: 'user'; readonly userId: Uuid; readonly memberId: Uuid; readonly sessionId: Uuid }
  | { readonly kind: 'application'; readonly applicationId: Uuid }
  | { readonly kind: 'operator'; readonly name: string }
  | { readonly kind: 'system'; readonly name: string }
  | { readonly kind: 'anonymous' }

/** The actor as the audit log and `assigned_by` columns spell it. */
export function actorName(actor: Actor): string {
  switch (actor.kind) {
    case 'user':
      return `user:${actor.userId}`
    case 'application':
      return `application:${actor.applicationId}`
    case 'operator':
    case 'system':
      return `${actor.kind}:${actor.name}`
    case 'anonymous':
      return 'anonymous'
  }
}

/** Where a request came from. The address is the peer's, or a trusted proxy's word. */
export interface Client {
  readonly ip: string
  readonly userAgent: string
  /** The language they read, of those we write: Accept-Language. */
  readonly language?: MailLanguage
}

/** The organization a credential is for. */
export interface Home {
  readonly organizationId: Uuid
  readonly kind: 'platform' | 'organization'
  readonly slug: string
  readonly status: 'active' | 'suspended'
}

/** A credential that was presented and holds now, and what its bearer may do now. Never kept beyond the request. */
export interface Principal {
  readonly actor: Actor
  readonly home: Home
  readonly credential: 'cookie' | 'bearer' | 'application'
  /** Undefined for applications, which hold no role. */
  readonly standing?: Standing
  readonly policy: CompiledPolicy
  /** The revisions that were read; compared under lock before a change commits. */
  readonly revision: { readonly member: number; readonly tokenVersion: number }
  /** How the session was opened and what was proven in it since: password, totp, recovery_code, passkey. Empty for applications. */
  readonly methods: readonly string[]
  /** While it is owed, only the routes that let it be paid are open. */
  readonly owes: Owed | undefined
}

/** What a person owes before the rest is open to them, in the order it is asked for. */
export type Owed =
  | 'password_change'
  | 'email_verification'
  | 'second_factor_enrolment'
  | 'second_factor'
  | 'profile'

/** What a decision is asked about; absent fields are unknown. */
export interface Target {
  readonly type: string
  readonly id?: string
  readonly attributes?: Readonly<Record<string, unknown>>
  readonly state?: string
}

/** One fact for the log. Built by the `events` of a module's catalog. */
export interface AuditEvent {
  readonly type: string
  readonly outcome?: 'success' | 'denied' | 'failure'
  readonly target?: { readonly type: string; readonly id: string }
  /** Code, not prose. */
  readonly reason?: string
  /** Changed fields and their values; personal ones are kept erasable by evidence/audit. */
  readonly before?: Readonly<Record<string, unknown>>
  readonly after?: Readonly<Record<string, unknown>>
  /** Facts that are no personal data. */
  readonly data?: Readonly<Record<string, unknown>>
  /** Facts that are: kept erasable. */
  readonly personal?: Readonly<Record<string, unknown>>
}

/** A role held, as commands read and end it. */
export interface HeldRole {
  readonly id: Uuid
  readonly role: string
  readonly source: string
  readonly expiresAt: Date | null
}

/** Implemented by access/policy. All within the caller's transaction; none of them authorizes. */
export interface Assignments {
  /** Roles the member holds now, expired ones left out. */
  held(ctx: Ctx, tx: Tx, memberId: Uuid): Promise<readonly HeldRole[]>
  /**
   * Makes `roles` exactly what the member is assigned, ends the others, raises the member's revision, records the change.
   * `decided`: another permission has settled who may (a founding, a transfer of ownership); all other rules still hold.
   * `by`: who gives them, where it is not who acts: an inviter, when the invited person accepts.
   * @throws `roles.unknown`, `roles.none`, `roles.one_only`, `roles.separated`, `roles.above_your_own`, `roles.not_yours_to_assign`, `roles.operator_only`, `roles.last_owner`
   */
  assign(
    ctx: Ctx,
    tx: Tx,
    member: { id: Uuid; userId: Uuid },
    roles: readonly string[],
    options?: { readonly decided?: boolean; readonly by?: Actor | undefined },
  ): Promise<{ before: readonly string[]; after: readonly string[] }>
  /** Whether the actor may give `roles` to somebody who is no member yet; changes and records nothing. @throws as {@link assign} */
  mayGive(ctx: Ctx, tx: Tx, roles: readonly string[]): Promise<void>
  /** Ends every assignment of a member who leaves, and records it. @throws `roles.operator_only` */
  endAll(ctx: Ctx, tx: Tx, memberId: Uuid): Promise<readonly string[]>
  /** @throws `members.above_you` unless the actor may administer a member holding `roles`. */
  mayManage(ctx: Ctx, roles: readonly string[]): void
  /**
   * @throws `roles.last_owner` when, without this member, no active member would hold the policy's owner role.
   * The caller holds the organization's row (`exclusive`), so that 20 at once see one another.
   */
  keepAnOwner(ctx: Ctx, tx: Tx, without: Uuid): Promise<void>
}

/** Implemented by access/policy. */
export interface Policies {
  /** The policy in force. @throws `unavailable` */
  current(): Promise<AppliedPolicy>
  /** A version with an organization's overrides applied, from memory where it is known. */
  effective(versionId: Uuid, overrides: string | null): Promise<CompiledPolicy>
}

export interface AppliedPolicy {
  readonly versionId: Uuid
  readonly compiled: CompiledPolicy
}

/** What an access token is made of. */
export interface TokenInput {
  readonly sessionId: Uuid
  readonly userId: Uuid
  readonly organizationId: Uuid
  readonly tokenVersion: number
  readonly policy: CompiledPolicy
}

/** What changes about how a session was proven. */
export interface SessionChange {
  /** For the log, such as `second_factor_enrolled`. */
  readonly because: string
  /** Added to how the session was proven. */
  readonly method?: string
  /** A second factor proven now; null: the account has none any more. */
  readonly secondFactorAt?: Date | null
  /** An identity proven now: what is sensitive is open again. */
  readonly authenticatedAt?: Date
}

/** A browser's session has a new cookie, which the answer must carry; a bearer's has nothing new. */
export interface RenewedSession {
  setCookie(reply: FastifyReply): void
}

/** A person whom an organization invites by mail. */
export interface Invitee {
  readonly email: string
  readonly locale?: string | undefined
  readonly roles: readonly string[]
  /** By which the actor invites; they must hold it still when it is accepted. */
  readonly permission: 'create:invites' | 'create:members'
}

/** An invite that was sent. */
export interface SentInvite {
  readonly id: Uuid
  readonly email: string
  readonly roles: readonly string[]
  readonly expiresAt: Date
}

/** Somebody's look at the personal data of others. */
export interface PersonalRead {
  /** member, members, sessions, audit_events … */
  readonly what: string
  /** The account that was looked at; absent for a list of many. */
  readonly about?: Uuid
  /** How many a list showed. */
  readonly count?: number
}

/** The effects that modules implement for one another. */
export interface Ports {
  readonly policies: Policies
  readonly assignments: Assignments
  /** access/decisions: may this request's actor do this? Pure but for reading a registered resource. */
  decide(ctx: Ctx, permission: string, target: Target | undefined): Promise<Decision>
  /** people/sessions: locks the actor's rows and says whether what was read still holds. */
  holdActor(tx: Tx, principal: Principal): Promise<'same' | 'changed' | 'gone'>
  /** people/sessions: ends what a member holds (sessions, and with them cookies, access and refresh tokens); records each end. */
  endSessions(ctx: Ctx, tx: Tx, memberId: Uuid, because: string, except?: Uuid): Promise<number>
  /** people/sessions: the same for an account in all its organizations. Scope before and after: the account. */
  endAccountSessions(ctx: Ctx, tx: Tx, userId: Uuid, because: string, except?: Uuid): Promise<number>
  /** people/sessions: notes a proof in the caller's own session and gives it a new cookie. Scope before and after: the account. @throws `unauthorized` */
  renewSession(ctx: Ctx, tx: Tx, change: SessionChange): Promise<RenewedSession>
  /** people/sessions: reads the principal anew. */
  refresh(principal: Principal, now: Date): Promise<Principal | undefined>
  /** people/sessions: who bears this token or credential now; undefined when it does not hold. */
  principalOfBearer(bearer: string, now: Date): Promise<Principal | undefined>
  /** people/sign-on: who bears this access token of an application now. For decisions about them alone: none of Writ's own routes admits it. */
  principalOfApplicationToken(token: string): Promise<Principal | undefined>
  /** people/sessions: who is in this session now, for what was made from it (a host's cookie, a token of an application); undefined when it does not hold. */
  principalOfSession(sessionId: Uuid, now: Date): Promise<Principal | undefined>
  /** people/sessions: who is signed in with this browser, for pages that anybody may open; undefined without a session that holds. The reply may get a new cookie. */
  principalOfBrowser(request: FastifyRequest, reply: FastifyReply): Promise<Principal | undefined>
  /** people/sessions: an access token for a session, by the policy's algorithm and lifetime. */
  issueAccessToken(token: TokenInput, now: Date): Promise<{ token: string; expiresInSeconds: number }>
  /** people/invites: invites a person, within the caller's transaction; the caller has authorized. @throws `invites.pending_already`, `too_many_requests`, and what giving the roles throws */
  invite(ctx: Ctx, tx: Tx, person: Invitee): Promise<SentInvite>
  /** platform/mail: puts a mail into the outbox, within the transaction of what it tells; sent after the commit. */
  mail(ctx: Ctx, tx: Tx, mail: Mail): Promise<void>
  /** evidence/privacy: notes that personal data was looked at, where the policy says so. Durable when it returns; one's own is not noted. */
  noteRead(ctx: Ctx, read: PersonalRead): Promise<void>
  /** evidence/audit: within the transaction of the change. */
  record(ctx: Ctx, tx: Tx, event: AuditEvent): Promise<void>
  /** evidence/audit: durable when it returns; for what has no change (a failure, a denial). */
  recordNow(ctx: Ctx, event: AuditEvent): Promise<void>
}

/** What the process is made of; one per server. */
export interface Services {
  readonly config: Config
  /** The installation's master key; use it only through deriveKey. */
  readonly masterKey: Uint8Array
  /** The address people use, without a trailing slash: issuer of tokens and base of links, never taken from a request. */
  readonly publicUrl: string
  readonly db: Database
  readonly passwords: Passwords
  readonly log: Logger
  readonly metrics: Metrics
  readonly ports: Ports
  now(): Date
}

export interface Ctx {
  readonly services: Services
  readonly requestId: string
  readonly client: Client
  readonly actor: Actor
  /** The one organization this request is decided in. */
  readonly organizationId: Uuid
  /** Undefined on public routes and for the operator's commands. */
  readonly principal: Principal | undefined
  /** The actor's own organization, where they act on another (the platform's staff): what is recorded is in both logs. */
  readonly actingFrom: Uuid | undefined
  readonly policy: CompiledPolicy
  readonly db: Database
  now(): Date
  /**
   * Refuses unless the actor may. A refusal is in the log before it is thrown.
   * @throws `unauthorized`, `forbidden`, `not_found`
   */
  authorize(permission: string, target?: Target): Promise<void>
  /**
   * One transaction in this organization. The actor's own rows are locked first and what {@link authorize} allowed
   * is decided again if they changed, so that an actor revoked in between cannot commit.
   * `exclusive` also holds the organization's row: for rules over all members at once (the last owner).
   */
  tx<T>(work: (tx: Tx) => Promise<T>, options?: { readonly exclusive?: boolean }): Promise<T>
  /** No change without its event: in the same transaction. */
  record(tx: Tx, event: AuditEvent): Promise<void>
  /** For what changed nothing: durable before this returns. */
  recordNow(event: AuditEvent): Promise<void>
  /** Sends a mail if the transaction commits: it is in the outbox with the change, or neither is. */
  mail(tx: Tx, mail: Mail): Promise<void>
}

export interface CtxInput {
  readonly requestId: string
  readonly client: Client
  readonly actor: Actor
  readonly organizationId: Uuid
  readonly principal?: Principal | undefined
  /** Default: the principal's home. For a context without a principal that goes on with an act of one who has one. */
  readonly actingFrom?: Uuid | undefined
  readonly policy: CompiledPolicy
}

/** Builds the context of one request, or of one command of the operator. */
export function createCtx(services: Services, input: CtxInput): Ctx {
  return new RequestCtx(services, input)
}

class RequestCtx implements Ctx {
  readonly services: Services
  readonly requestId: string
  readonly client: Client
  readonly actor: Actor
  readonly organizationId: Uuid
  principal: Principal | undefined
  readonly actingFrom: Uuid | undefined
  policy: CompiledPolicy
  readonly #granted: { permission: string; target: Target | undefined }[] = []

  constructor(services: Services, input: CtxInput) {
    this.services = services
    this.requestId = input.requestId
    this.client = input.client
    this.actor = input.actor
    this.organizationId = input.organizationId
    this.principal = input.principal
    const from = input.actingFrom ?? input.principal?.home.organizationId
    this.actingFrom = from === input.organizationId ? undefined : from
    this.policy = input.policy
  }

  get db(): Database {
    return this.services.db
  }

  now(): Date {
    return this.services.now()
  }

  async authorize(permission: string, target?: Target): Promise<void> {
    const decision = await this.services.ports.decide(this, permission, target)
    if (!decision.allowed) throw await this.#refuse(decision, permission, target)
    this.#granted.push({ permission, target })
  }

  async tx<T>(work: (tx: Tx) => Promise<T>, options: { exclusive?: boolean } = {}): Promise<T> {
    const scope: Scope = `org:${this.organizationId}`
    const held = await this.db.transaction(scope, async (tx) => {
      // The organization before the actor, always in this order: two administrators who act on each other would
      // otherwise each hold their own row and wait for the other's.
      if (options.exclusive) await holdOrganization(tx, this.organizationId)
      await this.#holdActor(tx, scope)
      return { value: await work(tx) }
    })
    return held.value
  }

  record(tx: Tx, event: AuditEvent): Promise<void> {
    return this.services.ports.record(this, tx, event)
  }

  recordNow(event: AuditEvent): Promise<void> {
    return this.services.ports.recordNow(this, event)
  }

  mail(tx: Tx, mail: Mail): Promise<void> {
    return this.services.ports.mail(this, tx, mail)
  }

  async #holdActor(tx: Tx, scope: Scope): Promise<void> {
    const principal = this.principal
    if (!principal) return
    const elsewhere = principal.home.organizationId !== this.organizationId
    if (elsewhere) await this.db.switchScope(tx, `org:${principal.home.organizationId}`)
    const held = await this.services.ports.holdActor(tx, principal)
    if (elsewhere) await this.db.switchScope(tx, scope)
    if (held === 'gone') throw failures.unauthorized()
    if (held === 'changed') await this.#decideAgain(principal)
  }

  /** What was allowed under the old standing must be allowed under the new one. The rows are locked: this is the last word. */
  async #decideAgain(before: Principal): Promise<void> {
    const fresh = await this.services.ports.refresh(before, this.now())
    if (!fresh) throw failures.unauthorized()
    this.principal = fresh
    // Elsewhere (the platform's staff) the policy is that organization's, which the actor's own change does not touch.
    if (fresh.home.organizationId === this.organizationId) this.policy = fresh.policy
    for (const { permission, target } of this.#granted) {
      const decision = await this.services.ports.decide(this, permission, target)
      if (!decision.allowed) throw await this.#refuse(decision, permission, target)
    }
  }

  async #refuse(decision: Decision, permission: string, target: Target | undefined): Promise<Error> {
    await this.recordNow({
      type: 'decisions.denied',
      outcome: 'denied',
      reason: decision.reason,
      ...(target?.id === undefined ? {} : { target: { type: target.type, id: target.id } }),
      data: { permission, ...(decision.role ? { role: decision.role } : {}) },
    })
    if (decision.reason === 'unauthenticated') return failures.unauthorized()
    if (decision.reason === 'resource_not_found') return failures.not_found()
    return failures.forbidden({ reason: decision.reason, permission })
  }
}

async function holdOrganization(tx: Tx, id: Uuid): Promise<void> {
  // NO KEY: rows that refer to the organization (a sign-in's session) can still be added meanwhile.
  await tx.selectFrom('organizations').select('id').where('id', '=', id).forNoKeyUpdate().execute()
}
