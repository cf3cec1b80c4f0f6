/** How people come in: created, invited, registered by themselves. @module */
import type { Flip, Scene } from '#test/controls'

/** Creates an account as an administrator; what it begins with, and what was mailed. */
async function created(scene: Scene, person: object = {}) {
  const { app, path, address } = scene
  const email = address()
  const { tokens } = await scene.person('admin')
  const { body } = await app.request('POST', `${path}/members`, {
    as: tokens,
    body: { email, name: 'New', password: PASSWORD, ...person },
  })
  const mails = (await app.mails()).filter(({ to }) => to === email)
  return { email, body, mails }
}

const PASSWORD = 'kxv7aLqz-wm'

const tokenOf = (url: string | undefined) => new URL(url!).searchParams.get('token')!

export const provisioning: readonly Flip[] = [
  {
    control: 'provisioning.activation',
    setting: 'provisioning.verifyEmail',
    rule: '[SA-08] until the address is verified nothing else is open, where the policy says so',
    values: [
      [true, 'email_verification_required'],
      [false, 200],
    ],
    async observe(scene) {
      const { email } = await created(scene)
      const as = await scene.app.signIn(email, { password: PASSWORD })
      const { body, status } = await scene.app.request('GET', scene.path, { as })
      return body.reason ?? status
    },
  },
  {
    control: 'provisioning.activation',
    setting: 'provisioning.activationMail',
    rule: '[SA-08] the person is told of the account by mail, where the policy says so',
    values: [
      [true, ['organizations.activation']],
      [false, []],
    ],
    async observe(scene) {
      return (await created(scene)).mails.map(({ kind }) => kind)
    },
  },
  {
    control: 'provisioning.activation',
    setting: 'provisioning.completeProfile',
    rule: '[SA-08] a profile without a name is asked for as much as the policy says',
    given: { 'provisioning.verifyEmail': false },
    values: [
      ['off', [200, { complete: false, missing: ['name'], wanted: 'off' }]],
      ['encouraged', [200, { complete: false, missing: ['name'], wanted: 'encouraged' }]],
      ['required', ['profile_required', { complete: false, missing: ['name'], wanted: 'required' }]],
    ],
    async observe(scene) {
      const { email } = await created(scene, { name: '' })
      const as = await scene.app.signIn(email, { password: PASSWORD })
      const { body, status } = await scene.app.request('GET', scene.path, { as })
      const me = await scene.app.request('GET', '/me', { as })
      return [body.reason ?? status, me.body.profile]
    },
  },
  {
    control: 'provisioning.activation',
    setting: 'authentication.links.verifySeconds',
    rule: '[SA-08] the link of the activation mail works for as long as the policy says',
    values: [
      ['1h', 'identity.link_dead'],
      ['24h', 204],
    ],
    async observe(scene) {
      const { mails } = await created(scene)
      scene.app.clock.advance(2 * 3600)
      const body = { token: tokenOf(mails[0]!.url), password: 'Bright-Kestrel-61' }
      const answer = await scene.app.request('POST', '/auth/activate', { body })
      return answer.body.code ?? answer.status
    },
  },
  {
    control: 'provisioning.self-registration',
    setting: 'provisioning.selfRegister',
    rule: '[BM-13] people register themselves with the roles that the policy opens, and no others',
    values: [
      [[], ['registration.closed', 'registration.closed']],
      [['guest'], [202, 'registration.role_not_open']],
      [
        ['guest', 'clerk'],
        [202, 202],
      ],
    ],
    async observe({ app, slug, address }) {
      const register = async (role: string) => {
        const body = { email: address(), organization: slug, role }
        const answer = await app.request('POST', '/auth/register', { body })
        return answer.body.code ?? answer.status
      }
      return [await register('guest'), await register('clerk')]
    },
  },
  {
    control: 'invites',
    setting: 'provisioning.invites.expireSeconds',
    rule: '[FT-OM-12] an invite works for as long as the policy says',
    values: [
      ['1d', 'invites.link_dead'],
      ['7d', 201],
    ],
    async observe({ app, path, person, address }) {
      const email = address()
      const { tokens } = await person('owner')
      await app.request('POST', `${path}/invites`, { as: tokens, body: { email, role: 'guest' } })
      const token = tokenOf((await app.mails()).findLast(({ to }) => to === email)!.url)
      app.clock.advance(2 * 86_400)
      const body = { token, name: 'New', password: 'Bright-Kestrel-61' }
      const answer = await app.request('POST', '/invites/accept', { body })
      return answer.body.code ?? answer.status
    },
  },
]
