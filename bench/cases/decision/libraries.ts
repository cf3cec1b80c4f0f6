/** The same questions, put to libraries that decide in process; each prepared as its documentation says is fastest. @module */
import { peer } from '../../peers.ts'
import type { Ask } from '../decision.ts'
import type { Matrix } from './matrix.ts'

/** One ability a role of an organization, built beforehand; that resources are the organization's own is a condition. */
export async function askCasl({ roles, questions }: Matrix): Promise<Ask> {
  const { createMongoAbility } = await peer('@casl/ability')
  const detectSubjectType = (resource: { type: string } | string) =>
    typeof resource === 'string' ? resource : resource.type
  const build = (organization: string, name: string) => {
    const rules = roles
      .find((role) => role.name === name)!
      .permissions.map((permission) => {
        const [action, subject] = permission.split(':')
        return { action, subject, conditions: { organization } }
      })
    return createMongoAbility(rules, { detectSubjectType })
  }
  const abilities = new Map<
    string,
    { relevantRuleFor(action: string, resource: object): { inverted: boolean } | null }
  >()
  const asked = questions.map(({ organization, role, action, resource, owner }) => {
    const key = `${organization} ${role}`
    const ability = abilities.get(key) ?? build(organization, role)
    abilities.set(key, ability)
    return { ability, action, resource: { type: resource, organization: owner } }
  })
  return (i) => {
    const { ability, action, resource } = asked[i]!
    return ability.relevantRuleFor(action, resource)?.inverted === false
  }
}

/** RBAC with domains: one `p` line a permission of a role, one `g` line a member. The synchronous call spares it a promise; this one says which line decided. */
export async function askCasbin({ roles, questions }: Matrix): Promise<Ask> {
  const { newEnforcer, newModelFromString, StringAdapter } = await peer('casbin')
  const model = newModelFromString(`
[request_definition]
r = sub, dom, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.obj == p.obj && r.act == p.act && g(r.sub, p.sub, r.dom)
`)
  const lines = roles.flatMap(({ name, permissions }) =>
    permissions.map((permission) => {
      const [action, resource] = permission.split(':')
      return `p, ${name}, ${resource}, ${action}`
    }),
  )
  lines.push(
    ...new Set(questions.map(({ subject, role, organization }) => `g, ${subject}, ${role}, ${organization}`)),
  )
  const enforcer = await newEnforcer(model, new StringAdapter(lines.join('\n')))
  return (i) => {
    const { subject, owner, resource, action } = questions[i]!
    return enforcer.enforceExSync(subject, owner, resource, action)[0]
  }
}

/** One policy a role that lists its actions, parsed beforehand; the call carries the subject, its role, and the resource. */
export async function askCedar({ roles, questions }: Matrix): Promise<Ask> {
  const { preparsePolicySet, statefulIsAuthorized } = await peer('@cedar-policy/cedar-wasm/nodejs')
  const staticPolicies = roles
    .map(({ name, permissions }) => {
      const actions = permissions.map((permission) => `Action::${JSON.stringify(permission)}`).join(', ')
      return `permit(principal in Role::"${name}", action in [${actions}], resource) when { resource.organization == principal.organization };`
    })
    .join('\n')
  const id = `matrix-${questions.length}-${staticPolicies.length}`
  const parsed = preparsePolicySet(id, { staticPolicies })
  if (parsed.type !== 'success') throw new Error(JSON.stringify(parsed))
  const calls = questions.map(({ subject, organization, role, permission, resource, owner }) => {
    const principal = { type: 'User', id: subject }
    const thing = { type: 'Thing', id: resource }
    return {
      principal,
      action: { type: 'Action', id: permission },
      resource: thing,
      context: {},
      preparsedPolicySetId: id,
      entities: [
        { uid: principal, attrs: { organization }, parents: [{ type: 'Role', id: role }] },
        { uid: thing, attrs: { organization: owner }, parents: [] },
      ],
    }
  })
  return (i) => statefulIsAuthorized(calls[i]!).response?.decision === 'allow'
}
