/** How people prove who they are: methods, passwords, lockout. @module */
import pg from 'pg'
import type { Flip, Scene } from '#test/controls'

const password = 'authentication.password'

/** Rules that a password misses when an administrator gives it to a new member; none: it is taken. */
async function missed({ app, path, address }: Scene, as: string, chosen: string): Promise<string[]> {
  const body = { email: address(), password: chosen }
  const answer = await app.request('POST', `${path}/members`, { as, body })
  return answer.status === 201 ? [] : answer.body.rules.map(({ rule }: { rule: string }) => rule)
}

async function missedByEach(scene: Scene, ...chosen: string[]): Promise<Record<string, string[]>> {
  const { tokens } = await scene.person('admin')
  const seen: Record<string, string[]> = {}
  for (const each of chosen) seen[each] = await missed(scene, tokens.accessToken, each)
  return seen
}

/** A wrong password as often as said; every scene comes from an address of its own. */
async function fail({ app }: Scene, email: string, times: number): Promise<void> {
  const body = { email, password: 'Not-The-Password-1' }
  for (let i = 0; i < times; i++) await app.request('POST', '/auth/login', { body })
}

async function signInStatus({ app }: Scene, who: { email: string; password: string }): Promise<number> {
  const { email, password } = who
  return (await app.request('POST', '/auth/login', { body: { email, password } })).status
}

/** After how many failures in a row the right password is refused as well. */
async function failuresUntilLocked(scene: Scene): Promise<number> {
  const { app } = scene
  const member = await scene.member('guest')
  const locked = () => app.events(scene.slug).then((types) => types.includes('identity.account_locked'))
  let failures = 0
  while (!(await locked()) && failures < 10) {
    await fail(scene, member.email, 1)
    failures++
  }
  return (await signInStatus(scene, member)) === 401 ? failures : Number.NaN
}

export const authentication: readonly Flip[] = [
  {
    control: 'authentication.methods',
    setting: 'authentication.methods',
    rule: 'only the ways to authenticate that the policy names are taken',
    values: [
      [['password', 'accessToken'], { signIn: 200, bearer: 200, cookie: 200 }],
      [['password'], { signIn: 200, bearer: 401, cookie: 200 }],
      [['accessToken', 'apiKey'], { signIn: 401, logged: ['sessions.sign_in_failed'] }],
    ],
    async observe(scene) {
      const { app } = scene
      const { email, password } = await scene.member('guest')
      const signIn = await app.request('POST', '/auth/login', { body: { email, password } })
      if (signIn.status !== 200) return { signIn: signIn.status, logged: await app.events(scene.slug) }
      const cookie = signIn.raw.cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
      return {
        signIn: signIn.status,
        bearer: (await app.request('GET', '/me', { as: signIn.body.accessToken })).status,
        cookie: (await app.request('GET', '/me', { headers: { cookie } })).status,
      }
    },
  },
  {
    control: 'authentication.password',
    setting: `${password}.minLength`,
    rule: '[SA-02] [BM-20] a password has as many characters as the policy says',
    values: [
      [8, { Kx7pLqz: ['min_length'], Kx7pLqzW: [], Kx7pLqzWm2: [] }],
      [10, { Kx7pLqz: ['min_length'], Kx7pLqzW: ['min_length'], Kx7pLqzWm2: [] }],
    ],
    observe: (scene) => missedByEach(scene, 'Kx7pLqz', 'Kx7pLqzW', 'Kx7pLqzWm2'),
  },
  {
    control: 'authentication.password',
    setting: `${password}.require`,
    rule: '[SA-02] [PS-05] a password has the kinds of characters that the policy names',
    values: [
      [[], { kxvpalqzwm: [], KXV7ALQZWM: [], kxv7aLqzwm: [], 'kxv7aLqz-wm': [] }],
      [
        ['upper', 'lower', 'digit'],
        { kxvpalqzwm: ['upper', 'digit'], KXV7ALQZWM: ['lower'], kxv7aLqzwm: [], 'kxv7aLqz-wm': [] },
      ],
      [
        ['upper', 'lower', 'digit', 'special'],
        {
          kxvpalqzwm: ['upper', 'digit', 'special'],
          KXV7ALQZWM: ['lower', 'special'],
          kxv7aLqzwm: ['special'],
          'kxv7aLqz-wm': [],
        },
      ],
    ],
    observe: (scene) => missedByEach(scene, 'kxvpalqzwm', 'KXV7ALQZWM', 'kxv7aLqzwm', 'kxv7aLqz-wm'),
  },
  {
    control: 'authentication.password',
    setting: `${password}.require`,
    rule: '[PS-05] the refusal says why, in English and in Hebrew',
    values: [
      [
        ['special'],
        [['Add a character that is neither letter nor digit.', 'יש להוסיף תו שאינו אות או ספרה.']],
      ],
      [['digit'], [['Add a digit.', 'יש להוסיף ספרה.']]],
    ],
    async observe({ app, path, person, address }) {
      const { tokens } = await person('admin')
      const body = { email: address(), password: 'kxvpalqzwm' }
      const answer = await app.request('POST', `${path}/members`, { as: tokens, body })
      return answer.body.rules.map(({ en, he }: { en: string; he: string }) => [en, he])
    },
  },
  {
    control: 'authentication.password',
    setting: `${password}.blockCommon`,
    rule: 'a password in common use is refused where the policy says so',
    values: [
      [true, { password123: ['common'] }],
      [false, { password123: [] }],
    ],
    observe: (scene) => missedByEach(scene, 'password123'),
  },
  {
    control: 'authentication.password',
    setting: `${password}.temporarySeconds`,
    rule: '[PS-05] a temporary password works for as long as the policy says',
    given: { 'provisioning.temporaryPassword': true },
    values: [
      ['1d', ['password_change_required', 'sessions.invalid_credentials']],
      ['3d', ['password_change_required', 'password_change_required']],
    ],
    async observe({ app, path, person, address }) {
      const { tokens } = await person('admin')
      const email = address()
      const made = await app.request('POST', `${path}/members`, { as: tokens, body: { email } })
      const signIn = async () => {
        const body = { email, password: made.body.temporaryPassword }
        const answer = await app.request('POST', '/auth/login', { body })
        return answer.body.status === 401 ? answer.body.code : answer.body.status
      }
      const fresh = await signIn()
      app.clock.advance(2 * 86_400)
      return [fresh, await signIn()]
    },
  },
  {
    control: 'authentication.password-hash',
    setting: `${password}.bcrypt`,
    rule: '[SA-02] [BM-20] a password is kept as a bcrypt hash of the cost the policy says, each with a salt of its own',
    values: [
      [10, { costs: ['10', '10'], different: true }],
      [12, { costs: ['12', '12'], different: true }],
    ],
    async observe({ app, path, person, address }) {
      const { tokens } = await person('admin')
      const hashes: string[] = []
      for (const email of [address(), address()]) {
        const body = { email, password: 'kxv7aLqz-wm' }
        await app.request('POST', `${path}/members`, { as: tokens, body })
        hashes.push(await storedHash(app, email))
      }
      return {
        costs: hashes.map((hash) => /^\$2[by]\$(\d\d)\$/.exec(hash)?.[1]),
        different: hashes[0] !== hashes[1],
      }
    },
  },
  {
    control: 'authentication.lockout',
    setting: 'authentication.lockout.after',
    rule: '[SA-04] as many failed sign-ins as the policy says lock the account, also for the right password',
    values: [
      [3, 3],
      [5, 5],
    ],
    observe: failuresUntilLocked,
  },
  {
    control: 'authentication.lockout',
    setting: 'authentication.lockout.forSeconds',
    rule: '[SA-04] a lock holds for as long as the policy says',
    given: { 'authentication.lockout.after': 3 },
    values: [
      ['5m', [401, 200]],
      ['30m', [401, 401]],
    ],
    async observe(scene) {
      const member = await scene.member('guest')
      await fail(scene, member.email, 3)
      const locked = await signInStatus(scene, member)
      scene.app.clock.advance(10 * 60)
      return [locked, await signInStatus(scene, member)]
    },
  },
]

/** Beside row-level security. */
async function storedHash({ database }: Scene['app'], email: string): Promise<string> {
  const client = new pg.Client({ connectionString: database.superuserUrl })
  await client.connect()
  try {
    const { rows } = await client.query('select password_hash from users where email = $1', [email])
    return rows[0].password_hash
  } finally {
    await client.end()
  }
}
