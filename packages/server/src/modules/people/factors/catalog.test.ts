import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PASSWORD, startApp, type TestApp } from '#test/app'
import { openSessionOf } from '#test/attack-sessions'
import { verdict } from '#test/factor-proofs'
import { quickPolicy } from '#test/policies'
import { enrolPasskey, enrolTotp } from '#test/second-factors'

let app: TestApp
beforeAll(async () => {
  app = await startApp({ policy: quickPolicy('flask-track') })
})
afterAll(() => app.stop())

let number = 0
async function newPerson() {
  number++
  const slug = `mails-${number}`
  const member = await app.member(slug, { email: `mails-${number}@example.com`, roles: ['viewer'] })
  const admin = await app.member(slug, { email: `mails-admin-${number}@example.com`, roles: ['admin'] })
  return {
    ...{ slug, member, admin },
    as: (await openSessionOf(app, member)).accessToken,
    /** What was written to the person, oldest first. */
    mails: async () => (await app.mails()).filter(({ to }) => to === member.email),
  }
}

describe('the person is told by mail', () => {
  test('of a factor that is set up, one that is added, new codes, and removals', async () => {
    const { as, mails } = await newPerson()
    await enrolTotp(app, as)
    const { id } = await enrolPasskey(app, as, { name: 'Blue key' })
    app.clock.advance(1)
    await app.request('POST', '/me/mfa/recovery-codes', { as })
    app.clock.advance(1)
    await app.request('POST', '/me/mfa/totp/remove', { as, body: { password: PASSWORD } })
    app.clock.advance(1)
    await app.request('POST', `/me/passkeys/${id}/remove`, { as, body: { password: PASSWORD } })
    const got = await mails()
    expect(got.map(({ kind }) => kind)).toEqual([
      ...['factors.enrolled', 'factors.passkey_added', 'factors.recovery_codes_made'],
      ...['factors.removed', 'factors.removed'],
    ])
    const [enrolled, added, made, first, last] = got.map(({ text }) => text.replace(/\s+/g, ' '))
    expect(enrolled).toContain('an authenticator app protects your account')
    expect(added).toContain('"Blue key"')
    expect(made).toContain('10 recovery codes')
    expect(first).toContain('Another second factor remains')
    expect(last).toContain('your password alone now opens your account')
  })

  test('of a recovery code that is used, with how many are left, and never with a code', async () => {
    const { as, member, mails } = await newPerson()
    const { recoveryCodes } = await enrolTotp(app, as)
    for (const code of recoveryCodes.slice(0, 2)) {
      app.clock.advance(1)
      expect(await verdict(app, member.userId, { method: 'recovery_code', code })).toBe('right')
    }
    const used = (await mails()).filter(({ kind }) => kind === 'factors.recovery_code_used')
    expect(used.map(({ text }) => /that are left: \d+\./.exec(text)?.[0])).toEqual([
      'that are left: 9.',
      'that are left: 8.',
    ])
    for (const code of recoveryCodes) expect(JSON.stringify(await mails())).not.toContain(code)
  })

  test('of a reset by an administrator', async () => {
    const { slug, as, member, admin, mails } = await newPerson()
    await enrolTotp(app, as)
    const { accessToken } = await openSessionOf(app, admin)
    const path = `/organizations/${slug}/members/${member.wire.member}/reset-mfa`
    expect((await app.request('POST', path, { as: accessToken })).status).toBe(204)
    expect((await mails()).at(-1)).toMatchObject({ kind: 'factors.reset', to: member.email, language: 'en' })
  })

  test('of nothing where nothing came of it', async () => {
    const { as, member, mails } = await newPerson()
    await app.request('POST', '/me/mfa/totp', { as })
    await app.request('POST', '/me/mfa/totp/confirm', { as, body: { code: '000000' } })
    await verdict(app, member.userId, { method: 'recovery_code', code: 'AAAA' })
    expect(await mails()).toEqual([])
  })

  test('in Hebrew, where that is theirs', async () => {
    const { as, mails } = await newPerson()
    await app.request('PATCH', '/me', { as, body: { locale: 'he' } })
    await enrolTotp(app, as)
    expect((await mails()).at(-1)).toMatchObject({ language: 'he', subject: 'הוגדר גורם אימות שני' })
  })
})
