/** How people get back in without their password. @module */
import type { Flip } from '#test/controls'
import { mailedToken } from '#test/recovery'

export const recovery: readonly Flip[] = [
  {
    control: 'authentication.recovery',
    setting: 'authentication.links.resetSeconds',
    rule: '[BM-20] a link to set a new password works once, for as long as the policy says, and nobody learns whether the address is known',
    values: [
      ['30m', { asked: [202, 202], early: [204, 422], late: 422 }],
      ['2h', { asked: [202, 202], early: [204, 422], late: 204 }],
    ],
    async observe({ app, member, address }) {
      const { email } = await member('guest')
      const forgot = async (who: string) =>
        (await app.request('POST', '/auth/password/forgot', { body: { email: who } })).status
      const reset = async (token: string, newPassword: string) =>
        (await app.request('POST', '/auth/password/reset', { body: { token, newPassword } })).status
      const asked = [await forgot(email), await forgot(address())]
      const first = await mailedToken(app, 'identity.password_reset', email)
      const early = [await reset(first, 'Brave-Lantern-58'), await reset(first, 'Third-Meadow-69')]
      await forgot(email)
      const second = await mailedToken(app, 'identity.password_reset', email)
      app.clock.advance(3600)
      return { asked, early, late: await reset(second, 'Third-Meadow-69') }
    },
  },
]
