/**
 * Access tokens as forgers make them: from a token that was valid, the public key, the algorithm's own tricks, and,
 * for claims that only we could sign, the installation's real key.
 *
 * @module
 */
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign as signWith,
} from 'node:crypto'
import { unseal } from '#platform/crypto'
import { signingSealKey } from '../../src/modules/people/sessions/credentials/keyring.ts'
import type { TestApp } from './app.ts'

type Json = Record<string, unknown>

export interface Forger {
  readonly header: Json
  readonly claims: Json
  readonly signature: string
  /** Signs with the installation's own key: what is wrong must then be found in the claims or the header. */
  genuine(header: Json, claims: Json): string
  /** The parts joined with a signature that is given. */
  assemble(header: Json | string, claims: Json, signature: string): string
}

/** @param token a valid access token of the app */
export async function forgerOf(
  app: TestApp,
  token: string,
): Promise<Forger & { publicPem: string | undefined }> {
  const [head = '', body = '', signature = ''] = token.split('.')
  const header = decode(head)
  const key = await app.ownerDb.kysely
    .selectFrom('signingKeys')
    .selectAll()
    .where('id', '=', String(header['kid']))
    .executeTakeFirstOrThrow()
  const secret = unseal(signingSealKey(app.masterKey), key.secret, key.id)
  const genuine = (changedHeader: Json, changedClaims: Json) => {
    const input = `${encode(changedHeader)}.${encode(changedClaims)}`
    return `${input}.${signature256(key.algorithm, secret, input)}`
  }
  const publicPem = key.algorithm === 'HS256' ? undefined : publicPemOf(secret)
  return { header, claims: decode(body), signature, genuine, assemble, publicPem }
}

/** Tokens that were never issued, each with what is wrong with it. */
export function forgedTokens(
  forger: Forger & { publicPem: string | undefined },
  other: { sub: string; org: string; sid: string },
): [string, string][] {
  const { header, claims, signature, genuine, publicPem } = forger
  const kid = header['kid']
  const stranger = generateKeyPairSync('ed25519')
  const strangers = (extra: Json) => {
    const input = `${encode({ ...header, alg: 'EdDSA', ...extra })}.${encode(claims)}`
    return `${input}.${signWith(null, Buffer.from(input), stranger.privateKey).toString('base64url')}`
  }
  const jwk = stranger.publicKey.export({ format: 'jwk' })
  const without = (from: Json, name: string) =>
    Object.fromEntries(Object.entries(from).filter(([key]) => key !== name))
  const hmacs = publicPem === undefined ? [] : confusedWithHmac(header, claims, publicPem)
  return [
    ...['none', 'None', 'NONE', 'nOnE', ''].flatMap((alg): [string, string][] => [
      [`alg ${alg || 'empty'}, no signature`, assemble({ ...header, alg }, claims, '')],
      [`alg ${alg || 'empty'}, an old signature`, assemble({ ...header, alg }, claims, signature)],
    ]),
    ...['HS384', 'HS512', 'RS256', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA', 'HS256']
      .filter((alg) => alg !== header['alg'])
      .map((alg): [string, string] => [
        `alg ${alg} over our signature`,
        assemble({ ...header, alg }, claims, signature),
      ]),
    ...hmacs,
    ['alg missing', genuine(without(header, 'alg'), claims)],
    ['alg an array', genuine({ ...header, alg: [header['alg']] }, claims)],
    ['kid missing', genuine(without(header, 'kid'), claims)],
    ['kid of no key', genuine({ ...header, kid: '01890000-0000-7000-8000-000000000000' }, claims)],
    ['kid a path', genuine({ ...header, kid: '../../../../dev/null' }, claims)],
    ['kid SQL', genuine({ ...header, kid: `${String(kid)}' or '1'='1` }, claims)],
    ['kid empty', genuine({ ...header, kid: '' }, claims)],
    ['kid an array', genuine({ ...header, kid: [kid] }, claims)],
    ['kid an object', genuine({ ...header, kid: { toString: kid } }, claims)],
    ['kid in upper case', genuine({ ...header, kid: String(kid).toUpperCase() }, claims)],
    ['typ missing', genuine(without(header, 'typ'), claims)],
    ['typ JWT', genuine({ ...header, typ: 'JWT' }, claims)],
    ['typ of another token', genuine({ ...header, typ: 'logout+jwt' }, claims)],
    ['a key of its own in the header (jwk)', strangers({ jwk })],
    ['a key elsewhere (jku)', strangers({ jku: 'https://attacker.test/jwks.json' })],
    ['a stranger’s signature', strangers({})],
    ['iss of another server', genuine(header, { ...claims, iss: 'https://attacker.test' })],
    ['iss missing', genuine(header, without(claims, 'iss'))],
    ['aud of another service', genuine(header, { ...claims, aud: 'https://other.test' })],
    ['aud missing', genuine(header, without(claims, 'aud'))],
    ['another organization', genuine(header, { ...claims, org: other.org })],
    ['another person', genuine(header, { ...claims, sub: other.sub })],
    ['another person’s session', genuine(header, { ...claims, sid: other.sid })],
    ['no session', genuine(header, without(claims, 'sid'))],
    ['a session that is no id', genuine(header, { ...claims, sid: `' or true --` })],
    ['a session that is an array', genuine(header, { ...claims, sid: [claims['sid']] })],
    ['an older token version', genuine(header, { ...claims, ver: 0 })],
    ['a newer token version', genuine(header, { ...claims, ver: 2 })],
    ['a token version as text', genuine(header, { ...claims, ver: '1' })],
    ['no token version', genuine(header, without(claims, 'ver'))],
    ['expired this second', genuine(header, { ...claims, exp: claims['iat'] })],
    ['no end', genuine(header, without(claims, 'exp'))],
    ['an end that is text', genuine(header, { ...claims, exp: '99999999999' })],
    ['an end that is null', genuine(header, { ...claims, exp: null })],
    [
      'issued in an hour',
      genuine(header, { ...claims, iat: Number(claims['iat']) + 3600, exp: Number(claims['exp']) + 3600 }),
    ],
    ...misshapen(`${encode(header)}.${encode(claims)}.${signature}`),
  ]
}

/** CVE-2015-9235 and its kin: the public key, which everybody has, taken for an HMAC secret. */
function confusedWithHmac(header: Json, claims: Json, publicPem: string): [string, string][] {
  const key = createPublicKey(publicPem)
  const secrets: [string, Buffer][] = [
    ['PEM', Buffer.from(publicPem)],
    ['PEM without its last line end', Buffer.from(publicPem.trim())],
    ['DER', key.export({ format: 'der', type: 'spki' })],
    ['JWK', Buffer.from(JSON.stringify(key.export({ format: 'jwk' })))],
    ['raw', Buffer.from(String(key.export({ format: 'jwk' })['x']), 'base64url')],
  ]
  return secrets.map(([form, secret]) => {
    const input = `${encode({ ...header, alg: 'HS256' })}.${encode(claims)}`
    return [
      `HS256 with the public key (${form})`,
      `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`,
    ]
  })
}

function misshapen(token: string): [string, string][] {
  const [head = '', body = '', signature = ''] = token.split('.')
  const flipped = signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`
  return [
    ['no signature', `${head}.${body}.`],
    ['two parts', `${head}.${body}`],
    ['one part', head],
    ['four parts', `${token}.${signature}`],
    ['a dot at the end', `${token}.`],
    ['a dot in front', `.${token}`],
    ['nothing but dots', '..'],
    ['a signature cut short', token.slice(0, -10)],
    ['a changed signature', `${head}.${body}.${flipped}`],
    ['claims cut short', `${head}.${body.slice(0, -4)}.${signature}`],
    ['claims that are no JSON', `${head}.${Buffer.from('not json').toString('base64url')}.${signature}`],
    ['claims that are null', `${head}.${Buffer.from('null').toString('base64url')}.${signature}`],
    ['a header that is null', `${Buffer.from('null').toString('base64url')}.${body}.${signature}`],
    ['a header that is an array', `${Buffer.from('[]').toString('base64url')}.${body}.${signature}`],
    ['longer than any of ours', `${head}.${body}${'A'.repeat(5000)}.${signature}`],
  ]
}

function assemble(header: Json | string, claims: Json, signature: string): string {
  return `${typeof header === 'string' ? header : encode(header)}.${encode(claims)}.${signature}`
}

function signature256(algorithm: string, secret: Buffer, input: string): string {
  if (algorithm === 'HS256') return createHmac('sha256', secret).update(input).digest('base64url')
  const key = createPrivateKey({ key: secret, format: 'der', type: 'pkcs8' })
  return signWith(algorithm === 'EdDSA' ? null : 'sha256', Buffer.from(input), key).toString('base64url')
}

function publicPemOf(pkcs8: Buffer): string {
  const key = createPublicKey(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }))
  return key.export({ format: 'pem', type: 'spki' }).toString()
}

function encode(part: Json): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

function decode(part: string): Json {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Json
}
