/** Checks of controls bite: each holds, and fails where what it counts is planted. */
import { controls } from '@writ/policy'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { proofs } from '#evidence/controls'
import { newId, toWire } from '#platform/ids'
import { startApp, type TestApp, type TestMember, type Tokens } from '#test/app'
import { openSessionOf } from '#test/attack-sessions'
import { connectAs } from '#test/attack-snapshot'
import { withOwnDeletion } from '#test/policies'
import { enrolTotp } from '#test/second-factors'

const policy = withOwnDeletion('business-manager')
  .replace('recommended: [super_admin, tenant_admin, admin, accountant]', 'required: [accountant]')
  .replace('retention: 7y }', 'retention: 7y, personal: 30d }')

let app: TestApp
let owner: TestMember
let as: Tokens
let count = 0

beforeAll(async () => {
  app = await startApp({ policy })
  owner = await app.member('farm', { email: 'owner@farm.test', roles: ['tenant_admin'] })
  as = await openSessionOf(app, owner)
  await enrolTotp(app, as)
})
afterAll(() => app.stop())

const CONTROLS = '/organizations/farm/controls'
const look = async (id: string) => (await app.request('GET', `${CONTROLS}/${id}`, { as })).body

async function someone(role = 'staff'): Promise<TestMember> {
  return app.member('farm', { email: `p${++count}@farm.test`, roles: [role] })
}

async function plant(sql: string, values: unknown[] = []): Promise<void> {
  const superuser = await connectAs(app.database.superuserUrl)
  try {
    await superuser.query('set session_replication_role = replica')
    await superuser.query(sql, values)
  } finally {
    await superuser.end()
  }
}

const event = (type: string, leaf: object, { daysAgo = 0, actor = null as string | null } = {}) => {
  const at = new Date(app.clock.now().getTime() - daysAgo * 86_400_000)
  return plant(
    `insert into audit_events (organization_id, id, type, occurred_at, outcome, actor_kind, actor_id, request_id, leaf)
     values ($1, $2, $3, $4, 'success', 'user', $6, 'planted', $5)`,
    [owner.organizationId, newId(at), type, at, JSON.stringify(leaf), actor],
  )
}

async function withSession(member: TestMember, change: string): Promise<void> {
  const { sessionId } = await openSessionOf(app, member)
  await plant(`update sessions set ${change} where id = $1`, [sessionId])
}

/** What earlier plants and the seeds of tests left, taken away. */
const cleared: Readonly<Record<string, string>> = {
  'authentication.password-hash': `update users set password_hash = '$2b$12$' || substring(password_hash from 8)`,
  provisioning: 'update users set must_change_password = false',
}

/** What makes each check fail, beside the API: the API does not let it happen. */
const plants: Readonly<Record<string, () => Promise<void>>> = {
  'authentication.methods': async () => withSession(await someone(), `methods = '{passkey}'`),
  'authentication.password': async () => {
    const { userId } = await someone()
    const member = { ...(await someone()), userId }
    await withSession(await someone(), `user_id = '${member.userId}'`)
    await plant(
      `update users set must_change_password = true, password_changed_at = now() - interval '9 years' where id = $1`,
      [userId],
    )
  },
  'authentication.password-hash': async () => {
    const { userId } = await someone()
    await plant(
      `update users set password_hash = '$2b$04$' || substring(password_hash from 8) where id = $1`,
      [userId],
    )
  },
  'authentication.recovery': async () => {
    const { userId } = await someone()
    const at = app.clock.now()
    await plant(
      `insert into account_links (user_id, id, kind, secret_hash, email, token_version, created_at, expires_at)
       values ($1, $2, 'password_reset', sha256('planted'), 'x@farm.test', 1, $3, $3::timestamptz + interval '1 year')`,
      [userId, newId(at), at],
    )
  },
  'authentication.lockout': async () => {
    const { userId } = await someone()
    await plant('update users set failed_sign_ins = 999 where id = $1', [userId])
  },
  'authentication.mfa': async () => void (await someone('accountant')),
  'authentication.session': async () =>
    withSession(await someone(), `expires_at = created_at + interval '9 years'`),
  'authentication.tokens': async () => {
    await openSessionOf(app, await someone())
    await plant(
      `update refresh_tokens set expires_at = issued_at + interval '9 years' where spent_at is null`,
    )
  },
  'authentication.single-sign-on': () => event('sign_on.logout_failed', {}),
  provisioning: async () => {
    const { userId } = await someone()
    await plant(
      `update users set must_change_password = true, password_changed_at = now() - interval '9 years' where id = $1`,
      [userId],
    )
  },
  'provisioning.activation': async () => {
    const { userId, memberId } = await someone()
    await plant('update users set email_verified_at = null where id = $1', [userId])
    await plant(`update members set created_at = created_at - interval '9 years' where id = $1`, [memberId])
  },
  'provisioning.self-registration': async () => {
    const at = app.clock.now()
    await plant(
      `insert into registrations (organization_id, id, email, email_key, role, name, locale, token_hash, created_at, expires_at)
       values ($1, $2, 'r@farm.test', 'r@farm.test', 'admin', '', 'en', sha256('planted'), $3, $3::timestamptz + interval '1 hour')`,
      [owner.organizationId, newId(at), at],
    )
  },
  invites: async () => {
    await app.request('POST', '/organizations/farm/invites', {
      as,
      body: { email: 'i@farm.test', roles: ['staff'] },
    })
    await plant(`update invites set expires_at = sent_at + interval '9 years'`)
  },
  'role-changes': async () => {
    const { memberId } = await someone()
    await plant(`update user_roles set role = 'nobody_knows' where member_id = $1`, [memberId])
  },
  'platform-roles': async () => {
    const { memberId } = await someone()
    await plant(`update user_roles set role = 'super_admin' where member_id = $1`, [memberId])
  },
  'member-moves': () => event('members.moved', { data: {}, personal: { statement: 'x' } }),
  deactivation: async () => {
    const member = await someone()
    await openSessionOf(app, member)
    await plant(`update members set status = 'deactivated' where id = $1`, [member.memberId])
  },
  'account-deletion': async () => {
    const { memberId } = await someone()
    await plant('delete from members where id = $1', [memberId])
  },
  'account-deletion.self': async () => {
    const { userId } = await someone()
    await event('members.deleted', { reason: 'own_account' }, { actor: userId })
  },
  offboarding: async () => {
    const { memberId } = await someone()
    const body = { date: '2026-03-03', automatic: false }
    const planned = await app.request(
      'POST',
      `/organizations/farm/members/${toWire('mem', memberId)}/leave-date`,
      { as, body },
    )
    expect(planned.status, JSON.stringify(planned.body)).toBeLessThan(300)
    await plant(`update offboardings set due_at = due_at - interval '9 years'`)
  },
  sanctions: async () => {
    const { memberId } = await someone()
    await plant('update members set privileges_suspended_at = now() where id = $1', [memberId])
  },
  privacy: async () => {
    await event('members.renamed', {}, { daysAgo: 400 })
    await plant(
      `insert into audit_personal (organization_id, event_id, about, facts)
       select organization_id, id, '', '{}' from audit_events where type = 'members.renamed'`,
    )
  },
}

describe('a check', () => {
  test('stands beside each control of coming in, proving oneself and leaving, and is planted here', () => {
    expect(Object.keys(plants).sort()).toEqual([...proofs.keys()].sort())
    const enforced = new Set(
      controls.filter(({ enforcement }) => enforcement === 'enforced').map(({ id }) => id),
    )
    expect([...proofs.keys()].filter((id) => !enforced.has(id))).toEqual([])
  })

  test.each(Object.entries(plants))(
    'of %s holds, and fails where what it counts is there',
    async (id, make) => {
      if (cleared[id]) await plant(cleared[id])
      const before = await look(id)
      expect([id, before.state]).toEqual([id, 'holds'])
      await make()
      const after = await look(id)
      expect(after.state).toBe('fails')
      expect(after.measured.failing).toBeGreaterThan(0)
      expect(after.measured.of).toBeGreaterThanOrEqual(after.measured.failing)
    },
  )
})

describe('a control', () => {
  test('says what the policy demands, where it comes from, and what was counted', async () => {
    expect(await look('authentication.mfa')).toMatchObject({
      id: 'authentication.mfa',
      enforcement: 'enforced',
      measured: {
        ofWhat: 'members in roles that must have a second factor',
        at: app.clock.now().toISOString(),
      },
      settings: expect.arrayContaining(['authentication.mfa.required']),
      mapping: { soc2: ['CC6.1', 'CC6.6'] },
    })
    const { statement } = await look('authentication.mfa')
    expect(statement.en.join(' ')).toContain('mandatory')
    expect(statement.he.join(' ')).toMatch(/[א-ת]/)
  })

  test('that is declared only has no state, one that the policy does not demand does not apply', async () => {
    const { items } = (await app.request('GET', CONTROLS, { as })).body
    const stateOf = (id: string) => items.find((each: { id: string }) => each.id === id)
    expect(stateOf('access-reviews')).toMatchObject({
      enforcement: 'declared',
      state: 'not_measured',
      measured: null,
    })
    expect(stateOf('execution-codes')).toMatchObject({ state: 'not_applicable', measured: null })
    expect(items).toHaveLength(controls.length)
  })

  test('follows the setting: another policy, another state', async () => {
    const other = await startApp({
      policy: policy.replace('required: [accountant]', 'recommended: [accountant]'),
    })
    const boss = await other.member('farm', { email: 'boss@farm.test', roles: ['tenant_admin'] })
    await other.member('farm', { email: 'books@farm.test', roles: ['accountant'] })
    const answer = await other.request('GET', `${CONTROLS}/authentication.mfa`, {
      as: await openSessionOf(other, boss),
    })
    expect(answer.body).toMatchObject({ state: 'holds', measured: { of: 0, failing: 0 } })
    await other.stop()
  })

  test('is shown by the events of its period, to who may read the log', async () => {
    const list = (query = '') => app.request('GET', `${CONTROLS}/invites/evidence${query}`, { as })
    const types = (await list()).body.items.map(({ type }: { type: string }) => type)
    expect(types).toEqual(['invites.created'])
    expect((await list('?to=2020-01-01T00:00:00Z')).body.items).toEqual([])
    expect((await app.request('GET', `${CONTROLS}/database-isolation/evidence`, { as })).body.items).toEqual(
      [],
    )
    const customer = await openSessionOf(app, await someone('customer'))
    const refused = await app.request('GET', `${CONTROLS}/invites/evidence`, { as: customer })
    expect(refused.status).toBe(403)
    expect((await app.request('GET', CONTROLS, { as: customer })).status).toBe(403)
  })

  test('[FT-OM-17] of another organization does not exist, nor one of an unknown name', async () => {
    const stranger = await app.member('orchard', { email: 'boss@orchard.test', roles: ['tenant_admin'] })
    const session = await openSessionOf(app, stranger)
    await enrolTotp(app, session)
    expect((await app.request('GET', CONTROLS, { as: session })).status).toBe(404)
    const own = await app.request('GET', '/organizations/orchard/controls/deactivation', { as: session })
    expect(own.body).toMatchObject({ state: 'holds', measured: { of: 0 } })
    const unknown = await app.request('GET', `${CONTROLS}/nothing`, { as })
    expect([unknown.status, unknown.body.code]).toEqual([404, 'controls.not_found'])
  })
})
