/**
 * Second factors proven as a sign-in proves them: by the module's own functions, on any server.
 *
 * @module
 */
import { type FactorProof, type FactorResult, proveFactor } from '#people/factors'
import { type Ctx, createCtx } from '#platform/context'
import { ANYWHERE } from '#platform/http'
import type { Uuid } from '#platform/ids'
import type { App } from '../../src/app.ts'

/** A request of nobody yet, as sign-ins are. */
export async function anonymous({ services }: App): Promise<Ctx> {
  const { compiled } = await services.ports.policies.current()
  return createCtx(services, {
    requestId: 'req_test',
    client: { ip: '203.0.113.9', userAgent: 'test' },
    actor: { kind: 'anonymous' },
    organizationId: ANYWHERE,
    policy: compiled,
  })
}

export async function prove(server: App, userId: Uuid, proof: FactorProof): Promise<FactorResult> {
  return proveFactor(await anonymous(server), userId, proof)
}

/** What came of it, in a word. */
export async function verdict(server: App, userId: Uuid, proof: FactorProof): Promise<string> {
  const proven = await prove(server, userId, proof)
  return proven.result === 'right' ? 'right' : proven.reason
}
