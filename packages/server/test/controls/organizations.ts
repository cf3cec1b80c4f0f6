/** Organizations, membership, how accounts begin and end. @module */
import type { Flip, Person, Scene } from '#test/controls'

/** The code of a refusal, else the status. */
async function outcome(
  { app }: Scene,
  as: Person,
  method: string,
  path: string,
  body?: unknown,
): Promise<string | number> {
  const answer = await app.request(method, path, { as: as.tokens, ...(body === undefined ? {} : { body }) })
  return answer.body?.code ?? answer.status
}

const oneOf = ({ wire }: Pick<Person, 'wire'>) => `members/${wire.member}`

export const organizations: readonly Flip[] = [
  {
    control: 'organization-settings',
    setting: 'organizations.maySet',
    rule: '[FT-OM-13] an organization tightens the settings that the policy names, and no others',
    values: [
      [['authentication.session'], [200, 'policy.setting_refused']],
      [['authentication.lockout'], ['policy.setting_refused', 200]],
    ],
    async observe(scene) {
      const owner = await scene.person('owner')
      const tighten = (settings: object) =>
        outcome(scene, owner, 'PATCH', `${scene.path}/policy-settings`, { settings })
      return [
        await tighten({ 'authentication.session.idle': '2h' }),
        await tighten({ 'authentication.lockout.after': 4 }),
      ]
    },
  },
  {
    control: 'tenant-isolation',
    setting: 'organizations.call',
    rule: 'the document calls an organization what the policy calls it',
    values: [
      ['tenant', 'All data belongs to exactly one tenant,'],
      ['laboratory', 'All data belongs to exactly one laboratory,'],
    ],
    async observe({ app, person }) {
      const { tokens } = await person('guest')
      const { raw } = await app.request('GET', '/policy?format=md', { as: tokens })
      return /All data belongs to exactly one \w+,/.exec(raw.body)?.[0]
    },
  },
  {
    control: 'organization-context',
    setting: 'organizations.membership',
    rule: '[FT-AC-08] a user is a member of as many organizations as the policy lets them be, and acts in one',
    values: [
      ['one', ['members.account_exists', 1]],
      ['many', [201, 2]],
    ],
    // An account of elsewhere is asked, and joins by accepting.
    async observe(scene) {
      const { app, path, person, address } = scene
      const admin = await person('admin')
      const elsewhere = await person('owner', { organization: address().split('@')[0]! })
      const added = await outcome(scene, admin, 'POST', `${path}/members`, { email: elsewhere.email })
      const mail = (await app.mails()).findLast(({ to }) => to === elsewhere.email)
      if (mail?.url) {
        const token = new URL(mail.url).searchParams.get('token')
        await outcome(scene, elsewhere, 'POST', '/me/invites/accept', { token })
      }
      const { body } = await app.request('GET', '/organizations', { as: elsewhere.tokens })
      // Listed is what they belong to; what they reach by this sign-in is the one it is for.
      if ((await app.request('GET', path, { as: elsewhere.tokens })).status !== 404) return 'acts in both'
      return [added, body.items.length]
    },
  },
  {
    control: 'last-owner',
    setting: 'organizations.ownerRole',
    rule: '[FT-OM-05] the role that an organization cannot be without is the one the policy names',
    apart: true,
    values: [
      ['owner', ['roles.last_owner', 200]],
      ['admin', [200, 'roles.last_owner']],
    ],
    async observe(scene) {
      const { path, person } = scene
      const [owner, admin] = [await person('owner'), await person('admin')]
      // The scene's own owner and administrator go, so that these two are the last.
      const { body } = await scene.app.request('GET', `${path}/members`, { as: owner.tokens })
      for (const { id, userId } of body.items) {
        if (![owner.wire.user, admin.wire.user].includes(userId))
          await outcome(scene, owner, 'POST', `${path}/members/${id}/deactivate`)
      }
      const demote = (who: Person) =>
        outcome(scene, owner, 'PATCH', `${path}/${oneOf(who)}`, { roles: ['guest'] })
      const ofAdmin = await demote(admin)
      return [await demote(owner), ofAdmin]
    },
  },
  {
    control: 'provisioning',
    setting: 'provisioning.by',
    rule: '[BM-13] accounts are created by the roles that the policy names, also where others have the permission',
    values: [
      [
        ['owner', 'admin', 'clerk'],
        [201, 201],
      ],
      [
        ['owner', 'admin'],
        [201, 'members.not_provisioning'],
      ],
    ],
    async observe(scene) {
      const create = async (role: string) =>
        outcome(scene, await scene.person(role), 'POST', `${scene.path}/members`, { email: scene.address() })
      return [await create('admin'), await create('clerk')]
    },
  },
  {
    control: 'provisioning',
    setting: 'provisioning.temporaryPassword',
    rule: 'a password that an administrator gave must be replaced where the policy says so',
    values: [
      [true, 'password_change_required'],
      [false, 'signed_in'],
    ],
    async observe(scene) {
      const { app, path, address } = scene
      const body = { email: address(), password: 'kxv7aLqz-wm' }
      await outcome(scene, await scene.person('admin'), 'POST', `${path}/members`, body)
      return (await app.request('POST', '/auth/login', { body })).body.status
    },
  },
  {
    control: 'provisioning',
    setting: 'roles',
    rule: 'a new account has the default role of the policy where nothing else is said',
    at: 'roles.clerk.default',
    given: { 'roles.guest.default': false, 'roles.owner.default': false },
    values: [
      [true, ['clerk']],
      [false, 'members.no_default_role'],
    ],
    async observe({ app, path, person, address }) {
      const { tokens } = await person('admin')
      const answer = await app.request('POST', `${path}/members`, { as: tokens, body: { email: address() } })
      return answer.body.code ?? answer.body.roles
    },
  },
  {
    control: 'deactivation',
    setting: 'organizations.membership',
    rule: '[BM-17] deactivation ends the account where it belongs to one organization, else the membership',
    values: [
      ['one', { member: 401, account: 'deactivated' }],
      ['many', { member: 401, account: 'active' }],
    ],
    async observe(scene) {
      const { app, path } = scene
      const admin = await scene.person('admin')
      const leaver = await scene.person('guest')
      const { body } = await app.request('POST', `${path}/${oneOf(leaver)}/deactivate`, { as: admin.tokens })
      const member = await app.request('GET', '/me', { as: leaver.tokens })
      return { member: member.status, account: body.accountStatus }
    },
  },
  {
    control: 'account-deletion',
    setting: 'offboarding.deletion.prefer',
    rule: '[BM-19] who is about to delete is told that deactivation is preferred, where it is',
    values: [
      ['deactivation', 'members.deletion_needs_acknowledgement'],
      ['deletion', 204],
    ],
    async observe(scene) {
      const leaver = await scene.member('guest')
      return outcome(scene, await scene.person('admin'), 'DELETE', `${scene.path}/${oneOf(leaver)}`)
    },
  },
]
