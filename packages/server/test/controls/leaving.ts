/** Leaving, sanctions and moves. @module */
import type { Flip, Person, Scene } from '#test/controls'

/** The code of a refusal, else the status. */
async function outcome({ app }: Scene, as: Person, method: string, path: string, body?: unknown) {
  const answer = await app.request(method, path, { as: as.tokens, ...(body === undefined ? {} : { body }) })
  return (answer.body?.code ?? answer.status) as string | number
}

const DAY_MS = 86_400_000
const dayOf = ({ app }: Scene, offset: number) =>
  new Date(app.clock.now().getTime() + offset * DAY_MS).toISOString().slice(0, 10)

/** The state of the one deadline there is, and whether it was raised, after a round of the watch. */
async function watched(scene: Scene, as: Person): Promise<unknown> {
  await scene.app.jobs.runOnce()
  const { body } = await scene.app.request('GET', `${scene.path}/offboardings`, { as: as.tokens })
  return body.items.map(({ state, raisedAt }: { state: string; raisedAt: string | null }) => [
    state,
    raisedAt === null ? 'not raised' : 'raised',
  ])
}

export const leaving: readonly Flip[] = [
  {
    control: 'offboarding',
    setting: 'offboarding.withinSeconds',
    rule: '[BM-18] a leaver who is not deactivated in the time that the policy sets is raised',
    values: [
      ['24h', [['open', 'not raised']]],
      ['1m', [['overdue', 'raised']]],
    ],
    async observe(scene) {
      const admin = await scene.person('admin')
      const leaver = await scene.member('guest')
      const body = { date: dayOf(scene, -1), automatic: false }
      await outcome(scene, admin, 'POST', `${scene.path}/members/${leaver.wire.member}/leave-date`, body)
      return watched(scene, admin)
    },
  },
  {
    control: 'offboarding',
    setting: 'offboarding.roleChangeWithin',
    at: 'offboarding.roleChange',
    rule: '[BM-18] a role that does not follow changed duties in the time that the policy sets is raised',
    values: [
      ['same-day', [['open', 'not raised']]],
      ['1m', [['overdue', 'raised']]],
    ],
    async observe(scene) {
      const admin = await scene.person('admin')
      const member = await scene.member('guest')
      const body = { effectiveOn: dayOf(scene, 0), roles: ['clerk'] }
      await outcome(scene, admin, 'POST', `${scene.path}/members/${member.wire.member}/role-change`, body)
      return watched(scene, admin)
    },
  },
  {
    control: 'offboarding',
    setting: 'offboarding.immediately',
    rule: '[PS-10] on the occasions that the policy names access is revoked in the request that names them',
    values: [
      [['termination'], { termination: 401, incident: 200, leave: 200 }],
      [['incident', 'leave'], { termination: 200, incident: 401, leave: 401 }],
    ],
    async observe(scene) {
      const admin = await scene.person('admin')
      const after = async (occasion: string) => {
        const leaver = await scene.person('guest')
        const body = { date: dayOf(scene, 30), occasion }
        await outcome(scene, admin, 'POST', `${scene.path}/members/${leaver.wire.member}/leave-date`, body)
        return (await scene.app.request('GET', '/me', { as: leaver.tokens })).status
      }
      return {
        termination: await after('termination'),
        incident: await after('incident'),
        leave: await after('leave'),
      }
    },
  },
  {
    control: 'account-deletion.self',
    setting: 'offboarding.deletion.self',
    rule: '[BM-19] people delete their own account where the policy lets them, and else do not',
    values: [
      [true, 204],
      [false, 'members.self_deletion_off'],
    ],
    async observe(scene) {
      const person = await scene.person('guest')
      return outcome(scene, person, 'DELETE', '/me', { password: person.password })
    },
  },
  {
    control: 'sanctions',
    setting: 'sanctions.suspendPrivileges',
    rule: '[BM-26] privileges are suspended where the policy has that sanction',
    values: [
      [true, [200, 'not_granted']],
      [false, ['members.sanction_not_in_policy', 'allowed']],
    ],
    given: { 'roles.admin.privileged': true },
    async observe(scene) {
      const owner = await scene.person('owner')
      const admin = await scene.person('admin')
      const path = `${scene.path}/members/${admin.wire.member}/suspend-privileges`
      const answer = await outcome(scene, owner, 'POST', path, { reason: 'Review' })
      return [answer, await scene.reason(admin, 'read', 'orders/1')]
    },
  },
  {
    control: 'sanctions',
    setting: 'sanctions.endAccount',
    rule: '[BM-26] a persistent violation ends the account where the policy says so',
    values: [
      [true, [200, 401]],
      [false, ['members.sanction_not_in_policy', 200]],
    ],
    async observe(scene) {
      const owner = await scene.person('owner')
      const admin = await scene.person('admin')
      const path = `${scene.path}/members/${admin.wire.member}/end-account`
      const answer = await outcome(scene, owner, 'POST', path, { reason: 'Again' })
      return [answer, (await scene.app.request('GET', '/me', { as: admin.tokens })).status]
    },
  },
  {
    control: 'member-moves',
    setting: 'organizations.moves.requires',
    rule: '[BM-16] a move takes the grounds that the policy demands',
    values: [
      [[], { nothing: 200, reason: 200, both: 200 }],
      [['reason'], { nothing: 'invalid_input', reason: 200, both: 200 }],
      [['reason', 'reference'], { nothing: 'invalid_input', reason: 'invalid_input', both: 200 }],
    ],
    async observe(scene) {
      const staff = await scene.platform('root')
      const organization = `to-${scene.slug}`
      // As every organization, whichever role the policy has it keep.
      for (const role of ['owner', 'admin']) await scene.member(role, { organization })
      const move = async (grounds: object) => {
        const { wire } = await scene.member('guest')
        const path = `${scene.path}/members/${wire.member}/move`
        return outcome(scene, staff, 'POST', path, { organization, ...grounds })
      }
      return {
        nothing: await move({}),
        reason: await move({ reason: 'Works there now' }),
        both: await move({ reason: 'Works there now', reference: 'HR-17' }),
      }
    },
  },
]
