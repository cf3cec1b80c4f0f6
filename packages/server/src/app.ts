/**
 * Composition root: every module is mounted here, in layer order, and nowhere else. The ports through which modules
 * have effects on one another are joined in services.ts.
 *
 * @module
 */
import cookie from '@fastify/cookie'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { applicationRoutes } from '#access/applications'
import { decisionRoutes } from '#access/decisions'
import { policyDrift, policyRoutes } from '#access/policy'
import { type Audit, auditRoutes } from '#evidence/audit'
import { controlRoutes } from '#evidence/controls'
import { expirePersonal, privacyRoutes } from '#evidence/privacy'
import { offboardingRoutes, watchDeadlines } from '#governance/offboarding'
import { factorRoutes } from '#people/factors'
import { forwardAuthRoutes } from '#people/forward-auth'
import { identityRoutes } from '#people/identity'
import { inviteAndJoiningRoutes } from '#people/invites'
import { organizationRoutes } from '#people/organizations'
import { recoveryRoutes } from '#people/recovery'
import { createSignOnPages, mountScreens, screens, sendProblem } from '#people/screens'
import { sessionRoutes } from '#people/sessions'
import { SignOn, signOnJobs, signOnRoutes } from '#people/sign-on'
import { settled } from '#platform/background'
import type { Services } from '#platform/context'
import { installHttp, mount, type Route } from '#platform/http'
import { Jobs } from '#platform/jobs'
import { serveOutbox } from '#platform/mail/outbox-page'
import type { MailSender } from '#platform/mail/sender'
import { installDocumentation, installOperation } from '#platform/operation'
import { outboxNotice } from '#platform/outbox'
import { newRequestId, refuseAddress, refuseBytes } from '#platform/problem'
import { servePage } from '#platform/static-pages'
import { joinServices, type ServicesInput } from './services.ts'

/** Every route of the product, in layer order. */
export const routes: readonly Route[] = [
  ...identityRoutes,
  ...organizationRoutes,
  ...factorRoutes,
  ...sessionRoutes,
  ...recoveryRoutes,
  ...signOnRoutes,
  ...forwardAuthRoutes,
  ...inviteAndJoiningRoutes,
  ...policyRoutes,
  ...decisionRoutes,
  ...applicationRoutes,
  ...offboardingRoutes,
  ...auditRoutes,
  ...privacyRoutes,
  ...controlRoutes,
]

export type AppInput = ServicesInput

export interface App {
  readonly http: FastifyInstance
  readonly services: Services
  readonly audit: Audit
  readonly mail: MailSender
  /** Begins nothing until it is started. */
  readonly jobs: Jobs
  /** Finishes running requests, writes what is pending. Database and password workers are the caller's. */
  close(): Promise<void>
}

/** Builds the server around a database that is migrated and holds a policy. Does not listen. */
export async function createApp(input: AppInput): Promise<App> {
  const { services, authenticator, audit, mail } = joinServices(input)
  const http = Fastify({
    loggerInstance: input.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: input.config.bodyLimitBytes,
    trustProxy: input.config.trustedProxies.length > 0 ? [...input.config.trustedProxies] : false,
    genReqId: newRequestId,
    requestIdHeader: false,
    return503OnClosing: true,
    exposeHeadRoutes: false,
    // Ids of an application's resources are its own: up to 500 characters, percent-encoded.
    routerOptions: { maxParamLength: 1_500 },
    frameworkErrors: refuseAddress,
    clientErrorHandler: refuseBytes,
  })
  const signOn = new SignOn(services, createSignOnPages(services))
  const jobs = new Jobs(services, [watchDeadlines, expirePersonal, ...signOnJobs(signOn)])
  await http.register(cookie)
  installHttp(http, services, (request, reply, error) => sendProblem(services, request, reply, error))
  await installDocumentation(http)
  mount(http, services, authenticator, routes)
  servePage(http, 'setup')
  await signOn.mount(http)
  await mountScreens(http, services, screens)
  serveOutbox(http, services)
  const { policyFile } = input.config
  await installOperation(http, services, {
    checks: [() => audit.problem()],
    notices: [
      ...(policyFile === undefined ? [] : [() => policyDrift(services.db, policyFile)]),
      () => outboxNotice(services),
    ],
  })
  return {
    http,
    services,
    audit,
    mail,
    jobs,
    async close() {
      await http.close()
      await jobs.stop()
      await settled(services)
      await mail.stop()
      await authenticator.close()
      await audit.stop()
    },
  }
}
