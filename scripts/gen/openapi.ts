/** openapi.json, from the routes as they are mounted. @module */

import Fastify from 'fastify'
import { routes } from '../../packages/server/src/app.ts'
import type { Services } from '../../packages/server/src/platform/context.ts'
import { type Gate, installHttp, mount } from '../../packages/server/src/platform/http.ts'
import { installDocumentation } from '../../packages/server/src/platform/operation.ts'
import { Metrics } from '../../packages/server/src/platform/telemetry.ts'

export async function openApiDocument(): Promise<object> {
  const http = Fastify()
  // Nothing is served: the routes are mounted for their descriptions.
  const services = { metrics: new Metrics() } as Services
  installHttp(http, services, async (_request, reply) => reply)
  await installDocumentation(http)
  mount(http, services, {} as Gate, routes)
  await http.ready()
  const document = http.swagger()
  await http.close()
  return document
}
