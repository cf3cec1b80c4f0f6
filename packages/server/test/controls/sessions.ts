/** How long a sign-in lasts: sessions, tokens, the fresh proof for sensitive actions. @module */
import { type Answer, ORIGIN } from '#test/app'
import type { Flip, Person, Scene } from '#test/controls'
import { addressFor } from '#test/given-to-applications'
import { unheard } from '#test/listening'
import { register } from '#test/relying-party'

const minutes = 60
const hours = 60 * minutes

const cookieOf = ({ tokens }: Person) => ({ cookie: tokens.cookie, 'sec-fetch-site': 'same-origin' })

async function refresh({ app }: Scene, refreshToken: string): Promise<Answer> {
  return app.request('POST', '/auth/refresh', { body: { refreshToken } })
}

/** Whether an answer brings another session cookie. */
const bringsCookie = ({ raw }: Answer): boolean => raw.cookies.some(({ value }) => value !== '')

export const sessions: readonly Flip[] = [
  {
    control: 'authentication.single-sign-on',
    setting: 'authentication.session.singleSignOn',
    rule: '[BM-02] whether one sign-in serves the next application, or each asks for a proof of its own',
    values: [
      [true, { silent: 'https://app.example/callback', begun: 'https://app.example/callback' }],
      [false, { silent: 'https://app.example/callback login_required', begun: '/account/confirm' }],
    ],
    async observe(scene) {
      const { app } = scene
      const { tokens } = await scene.person('guest')
      app.clock.advance(minutes)
      const { id } = await register(app)
      const browser = unheard(app).browser(tokens.cookie)
      const go = async (more: Record<string, string>) => {
        const { at } = await browser.follow(addressFor(id, more))
        const where = at.origin === ORIGIN ? at.pathname : at.origin + at.pathname
        return [where, at.searchParams.get('error')].filter(Boolean).join(' ')
      }
      return { silent: await go({ prompt: 'none' }), begun: await go({}) }
    },
  },
  {
    control: 'authentication.session',
    setting: 'authentication.session.idleSeconds',
    rule: '[PS-07] a session ends after as long without activity as the policy says',
    values: [
      ['30m', 401],
      ['8h', 200],
    ],
    async observe(scene) {
      const person = await scene.person('guest')
      scene.app.clock.advance(hours)
      return (await scene.app.request('GET', '/me', { headers: cookieOf(person) })).status
    },
  },
  {
    control: 'authentication.session',
    setting: 'authentication.session.absoluteSeconds',
    rule: 'a session ends as long after sign-in as the policy says, whatever its activity',
    values: [
      ['8h', 401],
      ['16h', 200],
    ],
    async observe(scene) {
      const person = await scene.person('guest')
      scene.app.clock.advance(5 * hours)
      const used = await refresh(scene, person.tokens.refreshToken)
      scene.app.clock.advance(5 * hours)
      return (await refresh(scene, used.body.refreshToken)).status
    },
  },
  {
    control: 'authentication.session',
    setting: 'authentication.session.rotateOn',
    rule: '[PS-07] the session cookie is replaced on what the policy names, and the session goes on',
    values: [
      // Turning to another organization begins another session, so its cookie is another in any case.
      [[], { stepUp: false, privilegeChange: false, switched: true }],
      [['stepUp'], { stepUp: true, privilegeChange: false, switched: true }],
      [['privilegeChange', 'switch'], { stepUp: false, privilegeChange: true, switched: true }],
    ],
    async observe(scene) {
      const { app, path } = scene
      const [admin, promoted, proven] = [
        await scene.person('admin'),
        await scene.person('guest'),
        await scene.person('guest'),
      ]
      const body = { roles: ['clerk'] }
      await app.request('PATCH', `${path}/members/${promoted.wire.member}`, { as: admin.tokens, body })
      const next = await app.request('GET', '/me', { headers: cookieOf(promoted) })
      const stepUp = await app.request('POST', '/auth/step-up', {
        headers: cookieOf(proven),
        body: { password: proven.password },
      })
      const elsewhere = scene.address().split('@')[0]!
      await app.member(elsewhere, { email: proven.email, roles: ['owner'] })
      await app.member(elsewhere, { email: scene.address(), roles: ['admin'] })
      const [renewed] = stepUp.raw.cookies
      const switched = await app.request('POST', '/auth/switch', {
        headers: {
          ...cookieOf(proven),
          ...(renewed ? { cookie: `${renewed.name}=${renewed.value}` } : {}),
        },
        body: { organization: elsewhere },
      })
      if (next.status !== 200 || stepUp.status !== 200) return [next.body, stepUp.body]
      return {
        stepUp: bringsCookie(stepUp),
        privilegeChange: bringsCookie(next),
        switched: bringsCookie(switched),
      }
    },
  },
  {
    control: 'authentication.tokens',
    setting: 'authentication.tokens.algorithm',
    rule: '[SA-01] access tokens are signed as the policy says',
    apart: true,
    values: [
      ['HS256', 'HS256'],
      ['EdDSA', 'EdDSA'],
    ],
    async observe(scene) {
      const { tokens } = await scene.person('guest')
      const [header = ''] = tokens.accessToken.split('.')
      return JSON.parse(Buffer.from(header, 'base64url').toString()).alg
    },
  },
  {
    control: 'authentication.tokens',
    setting: 'authentication.tokens.accessSeconds',
    rule: '[SA-01] an access token lives as long as the policy says',
    values: [
      ['5m', [200, 401]],
      ['15m', [200, 200]],
    ],
    async observe(scene) {
      const { tokens } = await scene.person('guest')
      const status = async () => (await scene.app.request('GET', '/me', { as: tokens })).status
      const fresh = await status()
      scene.app.clock.advance(10 * minutes)
      return [fresh, await status()]
    },
  },
  {
    control: 'authentication.tokens',
    setting: 'authentication.tokens.refreshSeconds',
    rule: '[SA-01] a refresh token lives as long as the policy says',
    values: [
      ['1h', 401],
      ['7d', 200],
    ],
    async observe(scene) {
      const { tokens } = await scene.person('guest')
      scene.app.clock.advance(2 * hours)
      return (await refresh(scene, tokens.refreshToken)).status
    },
  },
  {
    control: 'sensitive-actions',
    setting: 'sensitive.withinSeconds',
    rule: '[FT-AC-14] a sensitive action takes a sign-in as fresh as the policy says',
    given: { 'authentication.tokens.access': '1h' },
    values: [
      ['10m', 'fresh_sign_in_required'],
      ['30m', 'allowed'],
    ],
    observe: deletedAfterTwentyMinutes,
  },
  {
    control: 'sensitive-actions',
    setting: 'sensitive.actions',
    rule: '[FT-AC-02] [FT-AC-14] the actions that the policy names are sensitive, and no others',
    given: { 'authentication.tokens.access': '1h' },
    values: [
      [['delete:members'], 'fresh_sign_in_required'],
      [['reset-password:members'], 'allowed'],
    ],
    observe: deletedAfterTwentyMinutes,
  },
]

/** What comes of deleting a member twenty minutes after the sign-in. */
async function deletedAfterTwentyMinutes({ app, path, person, member }: Scene): Promise<string> {
  const { tokens } = await person('admin')
  const { wire } = await member('guest')
  app.clock.advance(20 * minutes)
  const answer = await app.request('DELETE', `${path}/members/${wire.member}?acknowledge=history-stays`, {
    as: tokens,
  })
  return answer.status === 204 ? 'allowed' : answer.body.reason
}
