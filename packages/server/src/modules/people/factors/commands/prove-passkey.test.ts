import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { beginPasskeyProof, provePasskey } from '#people/factors'
import type { Uuid } from '#platform/ids'
import { startApp, type TestApp } from '#test/app'
import { openSessionOf } from '#test/attack-sessions'
import { type Flaws, SoftwareAuthenticator } from '#test/authenticator'
import { anonymous, verdict } from '#test/factor-proofs'
import { quickPolicy } from '#test/policies'
import { enrolPasskey } from '#test/second-factors'
import type { App } from '../../../../app.ts'

/** flask-track, which also lets a passkey sign in by itself. */
const passwordless = quickPolicy('flask-track').replace('methods: [password,', 'methods: [password, passkey,')

let app: TestApp
let sibling: App
beforeAll(async () => {
  app = await startApp({ policy: passwordless })
  sibling = await app.sibling()
})
afterAll(() => app.stop())

let number = 0
async function newPerson(authenticator = new SoftwareAuthenticator()) {
  number++
  const slug = `keys-${number}`
  const member = await app.member(slug, { email: `keys-${number}@example.com`, roles: ['viewer'] })
  const { accessToken } = await openSessionOf(app, member)
  await enrolPasskey(app, accessToken, { authenticator })
  const before = (await app.events(slug)).length
  return {
    slug,
    userId: member.userId,
    accessToken,
    authenticator,
    events: async () => (await app.events(slug)).slice(before),
  }
}

type Person = Awaited<ReturnType<typeof newPerson>>

const ask = async (userId: Uuid | undefined, server: App = app) =>
  beginPasskeyProof(await anonymous(server), userId)

/** A second factor, with what may be wrong about it. */
async function second({ userId, authenticator }: Person, flaws: Flaws = {}): Promise<string> {
  const { challenge, options } = await ask(userId)
  return verdict(app, userId, { method: 'passkey', challenge, response: authenticator.get(options, flaws) })
}

/** A sign-in without a name. */
async function alone({ authenticator }: Person, flaws: Flaws = {}) {
  const { challenge, options } = await ask(undefined)
  return provePasskey(await anonymous(app), { challenge, response: authenticator.get(options, flaws) })
}

describe('a passkey as a second factor', () => {
  test('is taken, also without its user verified, and says which it was', async () => {
    const person = await newPerson()
    expect(await second(person)).toBe('right')
    expect(await second(person, { userVerified: false })).toBe('right')
    expect(await person.events()).toEqual([])
  })

  test('is asked for among the account’s own', async () => {
    const person = await newPerson()
    const { challenge, options } = await ask(person.userId)
    expect(options).toMatchObject({ rpId: 'localhost', challenge, userVerification: 'preferred' })
    expect(options.allowCredentials).toHaveLength(1)
  })

  // A phishing site, another site's key, a changed answer, one made for something else.
  test.each<[string, Flaws]>([
    ['of another origin', { origin: 'https://evil.example' }],
    ['of a subdomain', { origin: 'http://evil.localhost:8484' }],
    ['for another relying party', { rpId: 'evil.example' }],
    ['to another challenge', { challenge: Buffer.alloc(32).toString('base64url') }],
    ['made for a registration', { type: 'webauthn.create' }],
    ['with a changed signature', { flipsSignature: true }],
  ])('%s is refused, and in the log', async (_what, flaws) => {
    const person = await newPerson()
    expect(await second(person, flaws)).toBe('bad_signature')
    expect(await person.events()).toEqual(['factors.refused'])
    expect(await second(person)).toBe('right')
  })

  // Attack: what was signed once is sent again, also on another server at the same moment.
  test('answers a question once: sent 20 times at once over two servers, one is taken', async () => {
    const { userId, authenticator } = await newPerson()
    const { challenge, options } = await ask(userId)
    const response = authenticator.get(options)
    const seen = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        verdict(i % 2 ? sibling : app, userId, { method: 'passkey', challenge, response }),
      ),
    )
    expect(seen.filter((one) => one === 'right')).toHaveLength(1)
    expect(seen.filter((one) => one === 'stale_challenge')).toHaveLength(19)
  })

  test('answers no question that was answered wrongly before', async () => {
    const { userId, authenticator } = await newPerson()
    const { challenge, options } = await ask(userId)
    const wrong = authenticator.get(options, { flipsSignature: true })
    expect(await verdict(app, userId, { method: 'passkey', challenge, response: wrong })).toBe(
      'bad_signature',
    )
    const response = authenticator.get(options)
    expect(await verdict(app, userId, { method: 'passkey', challenge, response })).toBe('stale_challenge')
  })

  test('is refused after five minutes', async () => {
    const { userId, authenticator } = await newPerson()
    const { challenge, options } = await ask(userId)
    app.clock.advance(300)
    const response = authenticator.get(options)
    expect(await verdict(app, userId, { method: 'passkey', challenge, response })).toBe('stale_challenge')
  })

  // Attack: Eve's own question, which she may answer, in Ada's sign-in; and Ada's, answered with Eve's key.
  test('answers only its own account’s question, with its own account’s key', async () => {
    const [ada, eve] = [await newPerson(), await newPerson()]
    const evesQuestion = await ask(eve.userId)
    const evesAnswer = eve.authenticator.get(evesQuestion.options)
    const proof = { method: 'passkey', challenge: evesQuestion.challenge, response: evesAnswer } as const
    expect(await verdict(app, ada.userId, proof)).toBe('stale_challenge')
    const { challenge, options } = await ask(ada.userId)
    const response = eve.authenticator.get({ ...options, allowCredentials: [] })
    expect(await verdict(app, ada.userId, { method: 'passkey', challenge, response })).toBe('unknown_passkey')
    expect(await eve.events()).toEqual([])
  })

  // Attack: a question that anybody may have, in the place of the one that was asked of the account.
  test('answers no question of a sign-in without a name, nor of a registration', async () => {
    const person = await newPerson()
    const { challenge, options } = await ask(undefined)
    const response = person.authenticator.get(options)
    expect(await verdict(app, person.userId, { method: 'passkey', challenge, response })).toBe(
      'stale_challenge',
    )
    const begun = await app.request('POST', '/me/passkeys', { as: person.accessToken })
    const other = person.authenticator.get({ challenge: begun.body.challenge })
    const proof = { method: 'passkey', challenge: begun.body.challenge, response: other } as const
    expect(await verdict(app, person.userId, proof)).toBe('stale_challenge')
  })

  // Attack: a chip was read out. Original and clone count on from the same number; whoever comes second has not grown.
  test('whose counter did not grow is refused: it may have been cloned', async () => {
    const person = await newPerson()
    expect(await second(person)).toBe('right')
    const clone = { ...person, authenticator: person.authenticator.clone() }
    expect(await second(person)).toBe('right')
    expect(await second(clone)).toBe('cloned_passkey')
    expect(await second(person, { signCount: 0 })).toBe('cloned_passkey')
    expect(await person.events()).toEqual(['factors.refused', 'factors.refused'])
  })

  test('of original and clone at once over two servers one is taken', async () => {
    const { userId, authenticator } = await newPerson()
    const signers = [authenticator, ...Array.from({ length: 9 }, () => authenticator.clone())]
    const answers = await Promise.all(
      signers.map(async (signer) => {
        const { challenge, options } = await ask(userId)
        return { method: 'passkey' as const, challenge, response: signer.get(options) }
      }),
    )
    const seen = await Promise.all(answers.map((proof, i) => verdict(i % 2 ? sibling : app, userId, proof)))
    expect(seen.filter((one) => one === 'right')).toHaveLength(1)
    expect(seen.filter((one) => one === 'cloned_passkey')).toHaveLength(9)
  })

  test('that does not count is taken again and again', async () => {
    const person = await newPerson(new SoftwareAuthenticator({ counts: false }))
    expect(await second(person)).toBe('right')
    expect(await second(person)).toBe('right')
  })
})

describe('a passkey that signs in by itself', () => {
  test('names its account, where it verified its user', async () => {
    const person = await newPerson()
    expect(await alone(person)).toMatchObject({ result: 'right', userId: person.userId, userVerified: true })
  })

  test('is asked for without naming any', async () => {
    const { options } = await ask(undefined)
    expect(options).toMatchObject({ allowCredentials: [], userVerification: 'required' })
  })

  // Attack: whoever found the key has no PIN and no finger.
  test('is refused without its user verified', async () => {
    const person = await newPerson()
    expect(await alone(person, { userVerified: false })).toMatchObject({ reason: 'bad_signature' })
    expect(await person.events()).toEqual(['factors.refused'])
  })

  // Attack: a key of Eve's with Ada's account written into it.
  test('is refused with another account’s handle, and without one', async () => {
    const [ada, eve] = [await newPerson(), await newPerson()]
    const handle = Buffer.from(ada.userId.replaceAll('-', ''), 'hex').toString('base64url')
    expect(await alone(eve, { userHandle: handle })).toMatchObject({ reason: 'unknown_passkey' })
    const { challenge, options } = await ask(undefined)
    const { response, ...answer } = eve.authenticator.get(options)
    const { userHandle: _, ...anonymousResponse } = response
    const proven = await provePasskey(await anonymous(app), {
      challenge,
      response: { ...answer, response: anonymousResponse },
    })
    expect(proven).toMatchObject({ reason: 'unknown_passkey' })
    expect(await ada.events()).toEqual([])
  })

  test('that nobody registered is refused', async () => {
    const authenticator = new SoftwareAuthenticator()
    const user = { id: Buffer.alloc(16).toString('base64url'), name: 'nobody', displayName: 'nobody' }
    const rp = { id: 'localhost', name: 'none' }
    authenticator.create({ rp, user, challenge: 'none', pubKeyCredParams: [] })
    const { challenge, options } = await ask(undefined)
    const proven = await provePasskey(await anonymous(app), {
      challenge,
      response: authenticator.get(options),
    })
    expect(proven).toEqual({ result: 'refused', reason: 'unknown_passkey', userId: undefined })
  })

  // Attack: a question asked of a known account proves no user; answered as a sign-in it would skip the PIN.
  test('answers no question that was asked of a second factor', async () => {
    const person = await newPerson()
    const { challenge, options } = await ask(person.userId)
    const response = person.authenticator.get(options)
    const proven = await provePasskey(await anonymous(app), { challenge, response })
    expect(proven).toMatchObject({ reason: 'stale_challenge' })
  })

  test('answers a question once: sent 20 times at once over two servers, one is taken', async () => {
    const { userId, authenticator } = await newPerson()
    const { challenge, options } = await ask(undefined)
    const response = authenticator.get(options)
    const seen = await Promise.all(
      Array.from({ length: 20 }, async (_, i) =>
        provePasskey(await anonymous(i % 2 ? sibling : app), { challenge, response }),
      ),
    )
    expect(seen.filter(({ result }) => result === 'right')).toHaveLength(1)
    expect(seen.find(({ result }) => result === 'right')).toMatchObject({ userId })
  })

  test('is refused where the policy lets none sign in by itself', async () => {
    const plain = await startApp({ policy: 'flask-track' })
    try {
      const { challenge } = await ask(undefined, plain)
      const response = new SoftwareAuthenticator()
      const user = { id: Buffer.alloc(16).toString('base64url'), name: 'ada', displayName: 'Ada' }
      response.create({ rp: { id: 'localhost', name: 'x' }, user, challenge, pubKeyCredParams: [] })
      const proven = await provePasskey(await anonymous(plain), {
        challenge,
        response: response.get({ challenge }),
      })
      expect(proven).toMatchObject({ reason: 'not_permitted' })
    } finally {
      await plain.stop()
    }
  })
})

test('questions that have expired go when the next one is asked', async () => {
  const count = () =>
    app.ownerDb.transaction(
      'passkey',
      async (tx) => (await tx.selectFrom('passkeyChallenges').select('id').execute()).length,
    )
  for (let i = 0; i < 5; i++) await ask(undefined)
  app.clock.advance(300)
  await ask(undefined)
  expect(await count()).toBe(1)
})
