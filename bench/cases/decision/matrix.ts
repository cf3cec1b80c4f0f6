/** Roles, permissions and questions that all contenders are given alike. @module */

export interface Matrix {
  readonly permissions: readonly string[]
  readonly resources: readonly string[]
  readonly actions: readonly string[]
  /** Most privileged first. */
  readonly roles: readonly { readonly name: string; readonly permissions: readonly string[] }[]
  readonly questions: readonly {
    readonly subject: string
    readonly organization: string
    readonly role: string
    readonly action: string
    readonly resource: string
    /** Whom the resource belongs to. */
    readonly owner: string
    readonly permission: string
    readonly expected: boolean
  }[]
}

const ACTIONS = ['read', 'create', 'update', 'delete'] as const
const QUESTIONS = 4_096
const SUBJECTS = 1_000
const ORGANIZATIONS = 100

/**
 * Five roles, each with a part of the permissions of the one before. Every question is one of a tenant: may a member
 * of this organization do this to a resource of that one? One in eight is about a neighbour's resource.
 */
export function matrixOf(count: number): Matrix {
  const random = generator(count)
  const resources = Array.from({ length: count / ACTIONS.length }, (_, i) => `things-${i}`)
  const permissions = resources.flatMap((resource) => ACTIONS.map((action) => `${action}:${resource}`))
  const roles: { name: string; permissions: string[] }[] = [{ name: 'owner', permissions }]
  for (const name of ['admin', 'manager', 'editor', 'viewer']) {
    roles.push({ name, permissions: roles.at(-1)!.permissions.filter(() => random() < 0.7) })
  }
  const questions = Array.from({ length: QUESTIONS }, () => {
    const person = Math.floor(random() * SUBJECTS)
    const role = roles[person % roles.length]!
    const action = ACTIONS[Math.floor(random() * ACTIONS.length)]!
    const resource = resources[Math.floor(random() * resources.length)]!
    const permission = `${action}:${resource}`
    const organization = `org-${person % ORGANIZATIONS}`
    const owner = random() < 1 / 8 ? `org-${(person + 1) % ORGANIZATIONS}` : organization
    const expected = owner === organization && role.permissions.includes(permission)
    return {
      subject: `user-${person}`,
      organization,
      role: role.name,
      action,
      resource,
      owner,
      permission,
      expected,
    }
  })
  return { permissions, resources, actions: ACTIONS, roles, questions: received(questions) }
}

/** As they come out of requests: no string of a question is the very object that a contender holds, and comparing costs. */
function received<T>(questions: T): T {
  return JSON.parse(JSON.stringify(questions)) as T
}

/** The matrix as a policy file. */
export function policySource({ resources, actions, roles }: Matrix): string {
  return [
    'writ: 1',
    'name: matrix',
    'title: Matrix',
    'version: "1"',
    'owner: Bench',
    'organizations: { ownerRole: owner, maySet: [authentication.mfa, authentication.session] }',
    'resources:',
    ...resources.map((resource) => `  ${resource}: [${actions.join(', ')}]`),
    'roles:',
    ...roles.map(({ name, permissions }) => `  ${name}: { allow: [${grantsOf(permissions).join(', ')}] }`),
    'authentication: { session: { idle: 8h, absolute: 7d } }',
  ].join('\n')
}

/** A list in a policy file has at most 500 entries, so they are written a hundred to a grant. */
function grantsOf(permissions: readonly string[]): string[] {
  const grants: string[] = []
  for (let i = 0; i < permissions.length; i += 100) {
    grants.push(
      `{ allow: [${permissions
        .slice(i, i + 100)
        .map((name) => JSON.stringify(name))
        .join(', ')}] }`,
    )
  }
  return grants
}

/** Numbers in [0, 1) that are the same in every run (xorshift32). */
function generator(seed: number): () => number {
  let state = seed * 2_654_435_761 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
