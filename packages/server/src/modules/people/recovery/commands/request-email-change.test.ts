import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '#platform/ids'
import { PASSWORD, send, startApp, type TestApp, type TestMember, type Tokens } from '#test/app'
import { quickPolicy } from '#test/policies'
import { linkFor } from '#test/recovery'
import { enrolTotp } from '#test/second-factors'

let app: TestApp
let count = 0
beforeAll(async () => {
  app = await startApp({ policy: quickPolicy('sales-agent') })
})
afterAll(() => app.stop())

async function person(): Promise<TestMember & { tokens: Tokens }> {
  const n = ++count
  const member = await app.member(`org-${n}`, { email: `ada${n}@example.com`, roles: ['user'] })
  return { ...member, tokens: await app.signIn(member.email) }
}

const ask = (as: Tokens, newEmail: string, password = PASSWORD) =>
  app.request('POST', '/me/email', { as, body: { newEmail, password } })

async function tokenOf(kind: string, to: string): Promise<string> {
  const mail = (await app.mails()).filter((each) => each.kind === kind && each.to === to).at(-1)
  return new URL(mail!.url!).searchParams.get('token')!
}

const confirm = (as: Tokens | undefined, token: string) =>
  app.request('POST', '/auth/email/confirm', { as, body: { token } })
const refuse = (token: string) => app.request('POST', '/auth/email/refuse', { body: { token } })
const kindsTo = async (to: string) =>
  (await app.mails()).filter((mail) => mail.to === to).map(({ kind }) => kind)
const signInStatus = async (email: string, password = PASSWORD) =>
  (await app.request('POST', '/auth/login', { body: { email, password } })).status

describe('moving to another address', () => {
  test('takes effect when the new address confirms it, and is announced at the old', async () => {
    const { email, tokens, organization } = await person()
    const moved = `new-${email}`
    expect((await ask(tokens, moved)).status).toBe(202)
    expect(await signInStatus(moved)).toBe(401)
    expect(await kindsTo(moved)).toEqual(['recovery.confirm_email'])
    expect(await kindsTo(email)).toEqual(['recovery.email_change_asked'])
    const token = await tokenOf('recovery.confirm_email', moved)
    expect((await confirm(tokens, token)).status).toBe(204)
    expect((await confirm(tokens, token)).body.code).toBe('identity.link_dead')
    expect(await signInStatus(moved)).toBe(200)
    expect(await signInStatus(email)).toBe(401)
    // What was signed in goes on: nothing by which it was opened has changed.
    expect((await app.request('GET', '/me', { as: tokens })).body.user.email).toBe(moved)
    expect(await kindsTo(email)).toEqual(['recovery.email_change_asked', 'recovery.email_changed'])
    expect((await app.events(organization)).filter((type) => /email/.test(type))).toEqual([
      'recovery.email_change_asked',
      'identity.email_changed',
    ])
  })

  test('takes the password, whose wrong guesses count toward the lock', async () => {
    const { email, tokens, organization } = await person()
    for (let i = 0; i < 5; i++) {
      const answer = await ask(tokens, `new-${email}`, 'Not-The-Password-1')
      expect([answer.status, answer.body.code]).toEqual([403, 'identity.wrong_password'])
    }
    expect((await ask(tokens, `new-${email}`)).status).toBe(403)
    expect(await app.events(organization)).toContain('identity.account_locked')
    expect(await app.mails().then((mails) => mails.filter(({ to }) => to === `new-${email}`))).toEqual([])
  })

  test('takes a fresh sign-in', async () => {
    // Attack: a session that was left open, and a password seen over a shoulder.
    const { email, tokens } = await person()
    app.clock.advance(3600)
    const { refreshToken } = tokens
    const renewed = await app.request('POST', '/auth/refresh', { body: { refreshToken } })
    const answer = await ask(renewed.body, `new-${email}`)
    expect([answer.status, answer.body.reason]).toEqual([403, 'fresh_sign_in_required'])
  })

  test('takes the second factor of an account that has one', async () => {
    // Attack: a session from before the enrolment and a phished password would be enough to take the mailbox, and so the account.
    const { email, tokens, userId } = await person()
    await app.ownerDb.transaction(`account:${userId}`, (tx) =>
      tx
        .insertInto('totpFactors')
        .values({
          userId,
          id: newId(app.clock.now()),
          secret: Buffer.alloc(60),
          createdAt: app.clock.now(),
          confirmedAt: app.clock.now(),
        })
        .execute(),
    )
    const answer = await ask(tokens, `new-${email}`)
    expect([answer.status, answer.body.reason]).toEqual([403, 'second_factor_required'])
    expect(await kindsTo(`new-${email}`)).toEqual([])
  })

  test('tells nobody whether the new address is known: its owner is told instead', async () => {
    const victim = await person()
    const { email, tokens } = await person()
    const free = await ask(tokens, `free-${email}`)
    const taken = await ask(tokens, victim.email)
    const shape = ({ status, body, headers }: typeof free) => [status, body, Object.keys(headers).sort()]
    expect(shape(taken)).toEqual(shape(free))
    expect(await kindsTo(victim.email)).toEqual(['recovery.address_in_use'])
    // Whoever asks reads the old mailbox too: it says the same.
    expect(await kindsTo(email)).toEqual(['recovery.email_change_asked', 'recovery.email_change_asked'])
    // And the link of the first is dead in either case.
    expect((await confirm(tokens, await tokenOf('recovery.confirm_email', `free-${email}`))).status).toBe(422)
  })

  test('fills no stranger’s mailbox', async () => {
    const { tokens } = await person()
    const victim = `victim${count}@example.com`
    for (let i = 0; i < 5; i++) expect((await ask(tokens, victim)).status).toBe(202)
    expect((await ask(tokens, victim)).status).toBe(429)
    const accomplice = await person()
    expect((await ask(accomplice.tokens, victim)).status).toBe(429)
    expect(await kindsTo(victim)).toHaveLength(5)
  })

  test('of two who race for an address one gets it, and the other keeps their own', async () => {
    const [one, two] = [await person(), await person()]
    const wanted = `wanted${count}@example.com`
    await ask(one.tokens, wanted)
    const first = await tokenOf('recovery.confirm_email', wanted)
    await ask(two.tokens, wanted)
    const second = await tokenOf('recovery.confirm_email', wanted)
    const other = await app.sibling()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        send(i % 2 === 0 ? app : other, 'POST', '/auth/email/confirm', {
          as: i % 4 < 2 ? one.tokens : two.tokens,
          body: { token: i % 4 < 2 ? first : second },
        }),
      ),
    )
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1)
    expect(answers.some(({ body }) => body?.code === 'identity.address_taken')).toBe(true)
    expect(await signInStatus(wanted)).toBe(200)
    const kept = [await signInStatus(one.email), await signInStatus(two.email)]
    expect(kept.sort()).toEqual([200, 401])
  })

  test('takes a session of the account beside the mailbox', async () => {
    // Attack: somebody asks to move an account of theirs to a victim's address. The victim follows the link, later sets
    // a password by mail and uses the account; then its maker takes it back by the refusal mailed to their own address.
    const [intruder, victim] = [await person(), await person()]
    const wanted = `victims-second${count}@example.com`
    await ask(intruder.tokens, wanted)
    const token = await tokenOf('recovery.confirm_email', wanted)
    expect((await confirm(undefined, token)).status).toBe(401)
    expect((await confirm(victim.tokens, token)).body.code).toBe('identity.link_dead')
    expect(await signInStatus(wanted)).toBe(401)
    // Nobody spent it.
    expect((await confirm(intruder.tokens, token)).status).toBe(204)
  })

  test('ends reset links that went to the old address', async () => {
    // Attack: whoever reads the old mailbox asked for a reset before the move, and uses it after.
    const { email, tokens } = await person()
    await app.request('POST', '/auth/password/forgot', { body: { email } })
    const token = await tokenOf('identity.password_reset', email)
    await ask(tokens, `new-${email}`)
    await confirm(tokens, await tokenOf('recovery.confirm_email', `new-${email}`))
    const body = { token, newPassword: 'Brave-Lantern-58' }
    expect((await app.request('POST', '/auth/password/reset', { body })).body.code).toBe('identity.link_dead')
  })
})

describe('"it was not me"', () => {
  test('takes the account back after a takeover, whatever was changed since', async () => {
    // Attack: whoever knows the password moves the account to a mailbox of theirs, and changes the password.
    const { email, tokens, organization } = await person()
    const evil = `evil${count}@example.com`
    await ask(tokens, evil)
    const refusal = await tokenOf('recovery.email_change_asked', email)
    await confirm(tokens, await tokenOf('recovery.confirm_email', evil))
    const changed = await app.request('POST', '/me/password', {
      as: tokens,
      body: { currentPassword: PASSWORD, newPassword: 'Evil-Lantern-66' },
    })
    // They move on, so that a refusal of their own would restore an address of theirs.
    const later = `later${count}@example.com`
    await ask(changed.body, later, 'Evil-Lantern-66')
    const theirs = await tokenOf('recovery.email_change_asked', evil)
    await confirm(changed.body, await tokenOf('recovery.confirm_email', later))

    expect((await refuse(refusal)).status).toBe(204)
    expect((await app.request('GET', '/me', { as: changed.body })).status).toBe(401)
    expect(await signInStatus(later, 'Evil-Lantern-66')).toBe(401)
    expect(await signInStatus(email, 'Evil-Lantern-66')).toBe(401)
    expect((await refuse(theirs)).body.code).toBe('identity.link_dead')
    const token = await tokenOf('identity.password_reset', email)
    const body = { token, newPassword: 'Brave-Lantern-58' }
    expect((await app.request('POST', '/auth/password/reset', { body })).status).toBe(204)
    expect(await signInStatus(email, 'Brave-Lantern-58')).toBe(200)
    expect(await app.events(organization)).toContain('recovery.email_change_refused')
  })

  test('removes second factors that were added since, and none that were there before', async () => {
    // Attack: the owner takes the account back and stands before a second factor of the intruder's.
    const { email, tokens } = await person()
    await ask(tokens, `evil${count}@example.com`)
    const refusal = await tokenOf('recovery.email_change_asked', email)
    await enrolTotp(app, tokens)
    await refuse(refusal)
    const token = await tokenOf('identity.password_reset', email)
    const body = { token, newPassword: 'Brave-Lantern-58' }
    expect((await app.request('POST', '/auth/password/reset', { body })).status).toBe(204)
    const signedIn = await app.request('POST', '/auth/login', { body: { email, password: body.newPassword } })
    expect(signedIn.body.status).toBe('signed_in')

    const other = await person()
    await enrolTotp(app, other.tokens)
    expect((await ask(other.tokens, `evil${count}@example.com`)).status).toBeLessThan(300)
    await refuse(await tokenOf('recovery.email_change_asked', other.email))
    const again = {
      token: await tokenOf('identity.password_reset', other.email),
      newPassword: 'Brave-Lantern-58',
    }
    expect((await app.request('POST', '/auth/password/reset', { body: again })).status).toBe(204)
    const asksFactor = { email: other.email, password: again.newPassword }
    expect((await app.request('POST', '/auth/login', { body: asksFactor })).body.status).toBe('mfa_required')
  })

  test('before the confirmation keeps the address, and the confirmation is dead', async () => {
    const { email, tokens, userId, organizationId } = await person()
    await ask(tokens, `evil-${email}`)
    expect((await refuse(await tokenOf('recovery.email_change_asked', email))).status).toBe(204)
    const token = await tokenOf('recovery.confirm_email', `evil-${email}`)
    expect((await confirm(tokens, token)).status).toBe(401)
    const link = { userId, organizationId }
    const reset = { token: await linkFor(app, link, 'password_reset'), newPassword: 'Brave-Lantern-58' }
    expect((await app.request('POST', '/auth/password/reset', { body: reset })).status).toBe(204)
    const anew = await app.signIn(email, { password: reset.newPassword })
    expect((await confirm(anew, token)).body.code).toBe('identity.link_dead')
  })

  test('works for seven days', async () => {
    const { email, tokens } = await person()
    await ask(tokens, `evil-${email}`)
    const token = await tokenOf('recovery.email_change_asked', email)
    app.clock.advance(7 * 86_400)
    expect((await refuse(token)).body.code).toBe('identity.link_dead')
  })
})
