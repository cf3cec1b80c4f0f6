/** Settings of second factors. @module */
import type { Flip, Scene } from '#test/controls'
import { PASSWORD } from '../support/app.ts'
import { openSessionOf } from '../support/attack-sessions.ts'
import { verdict } from '../support/factor-proofs.ts'
import { enrolTotp } from '../support/second-factors.ts'

const mfa = 'authentication.mfa'

/** Somebody whose session was opened by a password, whatever their role then owes. */
async function signedIn({ app, member }: Scene, role: string) {
  const person = await member(role)
  return { userId: person.userId, as: (await openSessionOf(app, person)).accessToken }
}

export const factors: readonly Flip[] = [
  {
    control: 'authentication.mfa',
    setting: `${mfa}.methods`,
    rule: 'only the second factors that the policy names can be set up',
    values: [
      [['totp', 'passkey'], { totp: 200, passkey: 200 }],
      [['totp'], { totp: 200, passkey: 403 }],
      [['passkey'], { totp: 403, passkey: 200 }],
    ],
    async observe(scene) {
      const { as } = await signedIn(scene, 'guest')
      const begin = async (path: string) => (await scene.app.request('POST', path, { as })).status
      return { totp: await begin('/me/mfa/totp'), passkey: await begin('/me/passkeys') }
    },
  },
  {
    control: 'authentication.mfa',
    setting: `${mfa}.required`,
    rule: '[PS-06] a role that must have a second factor reaches nothing but enrolment before',
    values: [
      [[], { clerk: 200, guest: 200 }],
      [['clerk'], { clerk: 'second_factor_enrolment_required', guest: 200 }],
      // A role passes it on to those that inherit it.
      [['guest'], { clerk: 'second_factor_enrolment_required', guest: 'second_factor_enrolment_required' }],
    ],
    async observe(scene) {
      const seen: Record<string, unknown> = {}
      for (const role of ['clerk', 'guest']) {
        const { as } = await signedIn(scene, role)
        const { status, body } = await scene.app.request('GET', '/me/permissions', { as })
        seen[role] = body.reason ?? status
        if (status === 200) continue
        await enrolTotp(scene.app, as)
        const enrolled = await scene.app.request('GET', '/me/permissions', { as })
        if (enrolled.status !== 200) seen[role] = 'closed after enrolment'
      }
      return seen
    },
  },
  {
    control: 'authentication.mfa',
    setting: `${mfa}.recommended`,
    rule: '[PS-06] [BM-21] a role is reminded of a second factor where the policy says so, and nothing is closed without',
    values: [
      [[], { clerk: ['optional', 200], guest: ['optional', 200] }],
      [['clerk'], { clerk: ['recommended', 200], guest: ['optional', 200] }],
      [['guest'], { clerk: ['recommended', 200], guest: ['recommended', 200] }],
    ],
    async observe(scene) {
      const seen: Record<string, unknown> = {}
      for (const role of ['clerk', 'guest']) {
        const { as } = await signedIn(scene, role)
        const own = await scene.app.request('GET', '/me/mfa', { as })
        seen[role] = [own.body.level, (await scene.app.request('GET', '/me/permissions', { as })).status]
      }
      return seen
    },
  },
  {
    control: 'authentication.mfa',
    setting: `${mfa}.recoveryCodes`,
    rule: '[BM-21] setting up a second factor yields as many recovery codes as the policy says, each good once',
    values: [
      [10, { codes: 10, first: 'right', again: 'used_code' }],
      [2, { codes: 2, first: 'right', again: 'used_code' }],
      [0, { codes: 0, first: 'not_permitted', again: 'not_permitted' }],
    ],
    async observe(scene) {
      const { userId, as } = await signedIn(scene, 'guest')
      const { recoveryCodes } = await enrolTotp(scene.app, as)
      const code = recoveryCodes[0] ?? '0000-0000-0000-0000-0000-0000'
      const use = () => verdict(scene.app, userId, { method: 'recovery_code', code })
      return { codes: recoveryCodes.length, first: await use(), again: await use() }
    },
  },
  {
    control: 'authentication.mfa',
    setting: `${mfa}.removal`,
    rule: '[BM-21] removing a second factor takes what the policy says',
    values: [
      ['password', { password: 204, code: 'factors.password_required', both: 204 }],
      ['secondFactor', { password: 'factors.second_factor_required', code: 204, both: 204 }],
      ['both', { password: 'factors.second_factor_required', code: 'factors.password_required', both: 204 }],
    ],
    async observe(scene) {
      const remove = async (sent: (code: string) => object) => {
        const { as } = await signedIn(scene, 'guest')
        const { code } = await enrolTotp(scene.app, as)
        const answer = await scene.app.request('POST', '/me/mfa/totp/remove', { as, body: sent(code()) })
        return answer.body?.code ?? answer.status
      }
      return {
        password: await remove(() => ({ password: PASSWORD })),
        code: await remove((code) => ({ code })),
        both: await remove((code) => ({ password: PASSWORD, code })),
      }
    },
  },
]
