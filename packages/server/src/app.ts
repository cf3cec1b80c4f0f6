/**
 * Composition root: every module is mounted here, in layer order, and nowhere else; the ports through which modules
 * have effects on one another are joined here too.
 *
 * @module
 */
import cookie from '@fastify/cookie'
import { applicationRoutes } from '#access/applications'
import { decide, decisionRoutes } from '#access/decisions'
import { createAssignments, createPolicies, policyRoutes } from '#access/policy'
import { type Audit, auditRoutes, createAudit } from '#evidence/audit'
import { identityRoutes } from '#people/identity'
import { organizationRoutes } from '#people/organizations'
import { Authenticator, endMemberSessions, holdActor, sessionRoutes } from '#people/sessions'
import type { Config } from '#platform/config'
import type { Services } from '#platform/context'
import type { Database } from '#platform/database'
import { installHttp, mount, newRequestId, type Route } from '#platform/http'
import { installDocumentation, installOperation } from '#platform/operation'
import type { Passwords } from '#platform/passwords'
import { Metrics } from '#platform/telemetry'
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import type { Logger } from 'pino'

/** Every route of the product, in layer order. */
export const routes: readonly Route[] = [
  ...identityRoutes,
  ...organizationRoutes,
  ...sessionRoutes,
  ...policyRoutes,
  ...decisionRoutes,
  ...applicationRoutes,
  ...auditRoutes,
]

export interface AppInput {
  readonly config: Config
  readonly masterKey: Uint8Array
  readonly publicUrl: string
  readonly db: Database
  readonly passwords: Passwords
  readonly log: Logger
  now?(): Date
}

export interface App {
  readonly http: FastifyInstance
  readonly services: Services
  readonly audit: Audit
  /** Finishes running requests, writes what is pending. Database and password workers are the caller's. */
  close(): Promise<void>
}

/** Builds the server around a database that is migrated and holds a policy. Does not listen. */
export async function createApp(input: AppInput): Promise<App> {
  const services = joinServices(input)
  const authenticator = new Authenticator(services)
  const audit = createAudit(services)
  Object.assign(services.ports, portsOf(services, authenticator, audit))
  const http = Fastify({
    loggerInstance: input.log as FastifyBaseLogger,
    disableRequestLogging: true,
    bodyLimit: input.config.bodyLimitBytes,
    trustProxy: input.config.trustedProxies.length > 0 ? [...input.config.trustedProxies] : false,
    genReqId: newRequestId,
    requestIdHeader: false,
    return503OnClosing: true,
    exposeHeadRoutes: false,
  })
  await http.register(cookie)
  installHttp(http, services)
  await installDocumentation(http)
  mount(http, services, authenticator, routes)
  await installOperation(http, services, [() => audit.problem()])
  return {
    http,
    services,
    audit,
    async close() {
      await http.close()
      await authenticator.close()
      await audit.stop()
    },
  }
}

/** Services whose ports are filled in a moment: the implementations need the services they are part of. */
function joinServices(input: AppInput): Services {
  return {
    config: input.config,
    masterKey: input.masterKey,
    publicUrl: input.publicUrl,
    db: input.db,
    passwords: input.passwords,
    log: input.log,
    metrics: new Metrics(),
    ports: {} as Services['ports'],
    now: input.now ?? (() => new Date()),
  }
}

function portsOf(services: Services, authenticator: Authenticator, audit: Audit): Services['ports'] {
  return {
    policies: createPolicies(services.db),
    assignments: createAssignments(),
    decide,
    holdActor,
    endSessions: endMemberSessions,
    refresh: (principal, now) => authenticator.refresh(principal, now),
    principalOfBearer: (bearer, now) => authenticator.principalOfBearer(bearer, now),
    issueAccessToken: (token, now) => authenticator.tokens.issue(token, now),
    record: audit.record,
    recordNow: audit.recordNow,
  }
}
