/**
 * The modules joined without HTTP: the ports through which they have effects on one another. The server puts its routes
 * on top (app.ts), the operator's commands use it as it is (operator.ts).
 *
 * @module
 */
import type { Logger } from 'pino'
import { decide } from '#access/decisions'
import { createAssignments, createPolicies } from '#access/policy'
import { type Audit, createAudit, recordAsOperator } from '#evidence/audit'
import { createReadNotes } from '#evidence/privacy'
import { sendInvite } from '#people/invites'
import {
  Authenticator,
  endAccountSessions,
  endMemberSessions,
  holdActor,
  renewOwnSession,
} from '#people/sessions'
import { principalOfAccessToken } from '#people/sign-on'
import type { Config } from '#platform/config'
import type { Services } from '#platform/context'
import { createPool, Database } from '#platform/database'
import { createMailSender, type MailSender } from '#platform/mail/sender'
import type { OperatorDatabase } from '#platform/operator'
import { enqueueMail } from '#platform/outbox'
import type { Passwords } from '#platform/passwords'
import { Metrics } from '#platform/telemetry'

export interface ServicesInput {
  readonly config: Config
  readonly masterKey: Uint8Array
  readonly publicUrl: string
  readonly db: Database
  readonly passwords: Passwords
  readonly log: Logger
  now?(): Date
}

export interface JoinedServices {
  readonly services: Services
  readonly authenticator: Authenticator
  readonly audit: Audit
  readonly mail: MailSender
}

/** Starts nothing; the authenticator is to be closed, the audit and the mail stopped by the caller. */
export function joinServices(input: ServicesInput): JoinedServices {
  const services: Services = {
    config: input.config,
    masterKey: input.masterKey,
    publicUrl: input.publicUrl,
    db: input.db,
    passwords: input.passwords,
    log: input.log,
    metrics: new Metrics(),
    // Filled in below: the implementations need the services they are part of.
    ports: {} as Services['ports'],
    now: input.now ?? (() => new Date()),
  }
  const authenticator = new Authenticator(services)
  const audit = createAudit(services)
  const mail = createMailSender(services)
  Object.assign(services.ports, portsOf(services, authenticator, audit, mail))
  return { services, authenticator, audit, mail }
}

function portsOf(
  services: Services,
  authenticator: Authenticator,
  audit: Audit,
  sender: MailSender,
): Services['ports'] {
  return {
    policies: createPolicies(services.db),
    assignments: createAssignments(),
    decide,
    holdActor,
    endSessions: endMemberSessions,
    endAccountSessions,
    renewSession: renewOwnSession,
    refresh: (principal, now) => authenticator.refresh(principal, now),
    principalOfBearer: (bearer, now) => authenticator.principalOfBearer(bearer, now),
    principalOfApplicationToken: (token) => principalOfAccessToken(services, token),
    principalOfSession: (sessionId, now) => authenticator.principalOfSession(sessionId, now),
    principalOfBrowser: (request, reply) => authenticator.principalOfBrowser(request, reply),
    issueAccessToken: (token, now) => authenticator.tokens.issue(token, now),
    invite: sendInvite,
    mail: (ctx, tx, mail) => enqueueMail(ctx, tx, mail, () => sender.wake()),
    noteRead: createReadNotes(),
    record: audit.record,
    recordNow: audit.recordNow,
  }
}

export interface OperatorInput {
  /** Connection as writ_owner. */
  readonly ownerUrl: string
  readonly masterKey: Uint8Array
  now(): Date
}

/** Opens the database as its owner; close `db` when done. */
export function openOperatorDatabase({ ownerUrl, masterKey, now }: OperatorInput): OperatorDatabase {
  const pools = {
    transactions: createPool(ownerUrl, { max: 2 }),
    statements: createPool(ownerUrl, { max: 1 }),
  }
  const db = new Database(pools, masterKey)
  return { db, masterKey, now, record: recordAsOperator({ db, now }) }
}
