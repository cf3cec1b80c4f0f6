/** What roles allow, who gives them, and where they reach. @module */
import { seedApplication } from '#test/attack-sessions'
import type { Flip, Scene } from '#test/controls'

async function give(
  scene: Scene,
  by: string,
  to: string,
  roles: readonly string[],
): Promise<string | number> {
  const { tokens } = await scene.person(by)
  const { wire } = await scene.member(to)
  const answer = await scene.app.request('PATCH', `${scene.path}/members/${wire.member}`, {
    as: tokens,
    body: { roles },
  })
  return answer.body.code ?? answer.status
}

/** What a guest may do with orders, and who they are to the condition. */
async function ofGuest(scene: Scene): Promise<string[]> {
  const guest = await scene.person('guest')
  const asked = async (action: string, ownerId: string) =>
    scene.reason(guest, action, 'orders/1', { ownerId })
  return [
    await asked('read', guest.wire.user),
    await asked('read', 'somebody'),
    await asked('refund', guest.wire.user),
  ]
}

export const roles: readonly Flip[] = [
  {
    control: 'least-privilege',
    setting: 'roles',
    rule: '[FT-AC-02] a role has what the policy gives it, under the conditions it gives it, and nothing else',
    at: 'roles.guest.allow',
    values: [
      [[], ['not_granted', 'not_granted', 'not_granted']],
      [['read:orders'], ['allowed', 'allowed', 'not_granted']],
      [
        [{ allow: 'read:orders', when: 'resource.ownerId == subject.id' }],
        ['allowed', 'condition_failed', 'not_granted'],
      ],
    ],
    observe: ofGuest,
  },
  {
    control: 'roles',
    setting: 'roles',
    rule: '[SA-05] [FT-AC-09] a role has what the role it includes has, unless the policy withholds it',
    at: 'roles.clerk',
    values: [
      [{ inherits: ['guest'], allow: ['create:members'] }, 'allowed'],
      [{ allow: ['create:members'] }, 'not_granted'],
      [{ inherits: ['guest'], allow: ['create:members'], deny: ['read:orders'] }, 'explicit_deny'],
    ],
    observe: async (scene) => scene.reason(await scene.person('clerk'), 'read', 'orders/1'),
  },
  {
    control: 'roles',
    setting: 'organizations.rolesPerMember',
    rule: '[BM-03] [SA-05] a member holds exactly one role, or several, as the policy says',
    values: [
      ['one', 'roles.one_only'],
      ['many', 200],
    ],
    observe: (scene) => give(scene, 'admin', 'guest', ['clerk', 'guest']),
  },
  {
    control: 'role-assignment',
    setting: 'roles',
    rule: '[BM-09] [BM-14] a role is given by those whose role the policy lets give it',
    at: 'roles.admin.assign',
    values: [
      [['clerk', 'guest'], 200],
      [['guest'], 'roles.not_yours_to_assign'],
    ],
    observe: (scene) => give(scene, 'admin', 'guest', ['clerk']),
  },
  {
    control: 'role-assignment',
    setting: 'roles',
    rule: '[BM-09] a member is administered by those whose role manages theirs',
    at: 'roles.admin.manages',
    values: [
      [['clerk', 'guest'], 200],
      [['guest'], 'members.above_you'],
    ],
    async observe({ app, path, person, member }) {
      const { tokens } = await person('admin')
      const { wire } = await member('clerk')
      const answer = await app.request('POST', `${path}/members/${wire.member}/deactivate`, { as: tokens })
      return answer.body.code ?? answer.status
    },
  },
  {
    control: 'platform-roles',
    setting: 'roles',
    rule: '[FT-AC-19] staff of the platform do what their role allows',
    at: 'roles.root.allow',
    values: [
      [['*:*'], [200, 200]],
      [['read:organizations'], [200, 403]],
    ],
    observe: reachOfStaff,
  },
  {
    control: 'platform-roles',
    setting: 'organizations.platformAccess',
    rule: '[FT-AC-20] [PS-02] a role of the platform reaches into organizations, or sees nothing there, as the policy says',
    values: [
      ['direct', [200, 200]],
      ['support', [200, 404]],
    ],
    observe: reachOfStaff,
  },
  {
    control: 'resource-state',
    setting: 'resources',
    rule: '[FT-AC-12] the state of a resource closes the actions that the policy names; an unknown state closes all',
    at: 'resources.orders.states.closed.deny',
    values: [
      [['write'], ['allowed', 'state_denied', 'state_denied']],
      [[], ['allowed', 'allowed', 'state_denied']],
    ],
    async observe(scene) {
      const clerk = await scene.person('clerk')
      const write = (state: string) => scene.reason(clerk, 'write', 'orders/1', { state })
      return [await write('open'), await write('closed'), await write('lost')]
    },
  },
  {
    control: 'audit-events',
    setting: 'audit.decisions',
    rule: '[FT-AC-21] the decisions that the policy names are recorded',
    given: { 'sensitive.actions': ['write:orders'] },
    values: [
      ['none', []],
      ['denied', ['denied refund:orders']],
      ['sensitive', ['allowed write:orders', 'denied refund:orders']],
      ['all', ['allowed read:orders', 'allowed write:orders', 'denied refund:orders']],
    ],
    async observe(scene) {
      const { app, path } = scene
      const clerk = await scene.person('clerk')
      for (const action of ['read', 'write', 'refund']) await scene.reason(clerk, action, 'orders/1')
      const { tokens } = await scene.person('owner')
      const { body } = await app.request('GET', `${path}/audit/events?type=decisions.*`, { as: tokens })
      return body.items
        .map(
          ({ type, data }: { type: string; data: { permission: string } }) =>
            `${type.replace('decisions.', '')} ${data.permission}`,
        )
        .toSorted()
    },
  },
  {
    control: 'authentication.mfa',
    setting: 'authentication.mfa.required',
    rule: '[PS-06] an application is told that a role has no access before it enrols a second factor',
    values: [
      [[], 'allowed'],
      [['guest'], 'second_factor_enrolment_required'],
    ],
    async observe({ app, slug, member }) {
      const guest = await member('guest')
      const { credential: as } = await seedApplication(app, slug)
      const subject = { type: 'user', id: guest.wire.user }
      const question = { subject, action: { name: 'read' }, resource: { type: 'orders', id: '1' } }
      return (await app.request('POST', '/access/v1/evaluation', { as, body: question })).body.context.reason
    },
  },
  {
    control: 'separation-of-duties',
    setting: 'separation',
    rule: 'roles that the policy keeps apart are not held together',
    given: { 'roles.clerk.inherits': [] },
    values: [
      [[], 200],
      [[{ roles: ['clerk', 'guest'] }], 'roles.separated'],
    ],
    observe: (scene) => give(scene, 'admin', 'guest', ['clerk', 'guest']),
  },
]

/** Of a member of the platform: the list of organizations, and the members of one. */
async function reachOfStaff({ app, path, platform }: Scene): Promise<number[]> {
  const { tokens } = await platform('root')
  const get = async (of: string) => (await app.request('GET', of, { as: tokens })).status
  return [await get('/organizations'), await get(`${path}/members`)]
}
