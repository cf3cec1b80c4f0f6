/** What is known of a resource: registered, asserted by the caller, or nothing. @module */
import type { AttributeType, CompiledPolicy, Resource as DeclaredResource } from '@writ/policy'
import type { FieldError } from '#platform/errors'
import type { Properties } from '../model.ts'

/** What a decision may look at of one resource. */
export interface KnownResource {
  readonly attributes: Properties | undefined
  readonly state: string | undefined
  /** Names that rest on the caller's word alone; undefined when none does. */
  readonly asserted: readonly string[] | undefined
  /** The asserted values. */
  readonly assertedValues: Properties | undefined
  /** An asserted value is not of the type that the policy declares: the decision is a deny. */
  readonly problem: FieldError | undefined
}

export const UNKNOWN_RESOURCE: KnownResource = Object.freeze({
  attributes: undefined,
  state: undefined,
  asserted: undefined,
  assertedValues: undefined,
  problem: undefined,
})

const declared = new WeakMap<CompiledPolicy, ReadonlyMap<string, DeclaredResource>>()

/** The application's resource type; undefined for Writ's own and for unknown ones. */
export function declaredResource(policy: CompiledPolicy, type: string): DeclaredResource | undefined {
  let byName = declared.get(policy)
  if (!byName) {
    byName = new Map(policy.policy.resources.map((resource) => [resource.name, resource]))
    declared.set(policy, byName)
  }
  return byName.get(type)
}

/** Whether a decision about this type can depend on attributes or state at all. */
export function isDescribed(resource: DeclaredResource | undefined): resource is DeclaredResource {
  if (!resource) return false
  if (resource.states.length > 0) return true
  for (const _ in resource.attributes) return true
  return false
}

/** The register's word; the caller's is not looked at. */
export function registeredResource(attributes: Properties | null, state: string | null): KnownResource {
  return { ...UNKNOWN_RESOURCE, attributes: attributes ?? {}, state: state ?? undefined }
}

/**
 * What the caller says of a resource that is not registered: declared attributes, and `state` where the type has
 * states. Other properties are the caller's own and are left alone, as the standard has it.
 */
export function assertedResource(
  resource: DeclaredResource,
  properties: Properties | undefined,
): KnownResource {
  if (properties === undefined) return UNKNOWN_RESOURCE
  const attributes: Record<string, unknown> = {}
  let problem: FieldError | undefined
  for (const [name, type] of Object.entries(resource.attributes)) {
    const value = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (value === undefined || value === null) continue
    attributes[name] = value
    if (!isOfType(type, value))
      problem ??= { path: `resource.properties.${name}`, message: `should be ${SPELLED[type]}` }
  }
  const state = resource.states.length > 0 ? (properties['state'] ?? undefined) : undefined
  if (state !== undefined && typeof state !== 'string')
    problem ??= { path: 'resource.properties.state', message: 'should be a text' }
  // `state` is a reserved name: no attribute can be called so.
  const assertedValues = state === undefined ? attributes : { ...attributes, state }
  const asserted = Object.keys(assertedValues)
  if (asserted.length === 0) return UNKNOWN_RESOURCE
  return {
    attributes,
    state: typeof state === 'string' ? state : undefined,
    asserted,
    assertedValues,
    problem,
  }
}

/** Why a condition could not be evaluated, as far as it can be told: attributes that nobody has said. */
export function unknownAttributes(
  policy: CompiledPolicy,
  resource: { type: string; id: string },
  known: KnownResource,
): FieldError | undefined {
  const names = Object.keys(declaredResource(policy, resource.type)?.attributes ?? {})
  const missing = names.filter(
    (name) => known.attributes?.[name] === undefined || known.attributes[name] === null,
  )
  if (missing.length === 0) return undefined
  const message = `do not say ${missing.join(', ')}, nor does the register: a condition could not be evaluated`
  return { path: 'resource.properties', message }
}

/** What is wrong with values that are to be registered: every one must be declared and of its type. */
export function attributeProblems(resource: DeclaredResource, attributes: Properties): FieldError[] {
  return Object.entries(attributes).flatMap(([name, value]) => {
    const path = `attributes.${name}`
    const type = Object.hasOwn(resource.attributes, name) ? resource.attributes[name] : undefined
    if (type === undefined)
      return [
        {
          path,
          message: `is not declared by the policy; ${listed('attributes', Object.keys(resource.attributes))}`,
        },
      ]
    return isOfType(type, value) ? [] : [{ path, message: `should be ${SPELLED[type]}` }]
  })
}

/** What is wrong with a state that is to be registered. */
export function stateProblem(resource: DeclaredResource, state: string | null): FieldError | undefined {
  if (state === null || resource.states.some(({ name }) => name === state)) return undefined
  return {
    path: 'state',
    message: `is not declared by the policy; ${listed(
      'states',
      resource.states.map(({ name }) => name),
    )}`,
  }
}

function listed(what: string, names: readonly string[]): string {
  return names.length === 0 ? `this type has no ${what}` : `its ${what} are ${names.join(', ')}`
}

const SPELLED: Readonly<Record<AttributeType, string>> = {
  string: 'a text',
  int: 'a whole number',
  double: 'a number',
  bool: 'true or false',
  timestamp: 'a time such as 2026-01-31T12:00:00Z',
  'list<string>': 'a list of texts',
}

/** Whether a JSON value is of an attribute's type, as packages/policy reads it. */
function isOfType(type: AttributeType, value: unknown): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string'
    case 'bool':
      return typeof value === 'boolean'
    case 'double':
      return typeof value === 'number'
    case 'int':
      return Number.isSafeInteger(value)
    case 'timestamp':
      return typeof value === 'string' && !Number.isNaN(Date.parse(value))
    case 'list<string>':
      return Array.isArray(value) && value.every((item) => typeof item === 'string')
  }
}
