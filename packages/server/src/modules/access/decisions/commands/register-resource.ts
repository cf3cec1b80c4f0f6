import { isDeepStrictEqual } from 'node:util'
import type { Ctx } from '#platform/context'
import { type FieldError, failures, invalidField } from '#platform/errors'
import { permissions, resourceErrors, resourceEvents } from '../catalog.ts'
import { attributeProblems, declaredResource, stateProblem } from '../engine/attributes.ts'
import { changeOf } from '../engine/record.ts'
import { ANY, type Properties } from '../model.ts'
import type { RegisteredResource } from '../queries/register.ts'
import { lockOrInsertResource, saveResource } from '../store.ts'

export interface Registration {
  readonly type: string
  readonly id: string
  readonly attributes: Properties
  readonly state: string | null
}

/**
 * Makes the register say exactly this of a resource; from the next decision on it holds, on every node. What it
 * already says is left as it is, without an event. Of two at once on one resource, the second sees the first.
 *
 * @throws `resources.unknown_type` when the policy declares no such type
 * @throws `invalid_input` for attributes and states that the policy does not declare, or of another type
 */
export async function registerResource(ctx: Ctx, registration: Registration): Promise<RegisteredResource> {
  const { type, id, attributes, state } = registration
  await ctx.authorize(permissions.registerResources, { type: 'resources', id: `${type}/${id}` })
  refuseUndeclared(ctx, registration)
  return ctx.tx(async (tx) => {
    const resource: RegisteredResource = { type, id, attributes, state, updatedAt: ctx.now() }
    const before = await lockOrInsertResource(tx, ctx.organizationId, resource)
    if (before) {
      if (before.state === state && isDeepStrictEqual(before.attributes, attributes)) return before
      await saveResource(tx, resource)
    }
    await ctx.record(tx, resourceEvents.registered(changeOf(before, resource)))
    return resource
  })
}

function refuseUndeclared(ctx: Ctx, { type, id, attributes, state }: Registration): void {
  if (id === ANY)
    throw invalidField('path.id', `may not be "${ANY}": a question asks so for no resource in particular`)
  const declared = declaredResource(ctx.policy, type)
  if (!declared)
    throw resourceErrors.unknown_type({
      resourceType: type,
      known: ctx.policy.policy.resources.map(({ name }) => name),
    })
  const wrongState = stateProblem(declared, state)
  const problems: FieldError[] = [
    ...attributeProblems(declared, attributes),
    ...(wrongState ? [wrongState] : []),
  ]
  if (problems.length > 0) throw failures.invalid_input({ errors: problems.slice(0, 50) })
}
