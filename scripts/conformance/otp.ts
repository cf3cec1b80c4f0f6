/** The values of RFC 4226 and RFC 6238 against the codes of the server's authenticator apps. */
import {
  type CodeShape,
  codeOf,
  matchCode,
  PERIOD_SECONDS,
  spelled,
  stepAt,
} from '../../packages/server/src/modules/people/factors/model/totp.ts'
import { expectSame, type Suite } from './suite.ts'

interface Code {
  readonly alg: CodeShape['algorithm']
  readonly digits: number
  readonly secret_ascii: string
  readonly code: string
}

export interface OtpVectors {
  readonly rfc4226_appendixD: readonly (Code & { readonly counter: number })[]
  readonly rfc6238_appendixB: readonly (Code & {
    readonly time: number
    readonly T_hex: string
    readonly step: number
    readonly secret_base32: string
  })[]
}

export function otpSuites({ rfc4226_appendixD, rfc6238_appendixB }: OtpVectors): Suite[] {
  return [
    {
      name: 'HOTP, RFC 4226 appendix D',
      vectors: rfc4226_appendixD.map(({ counter, alg, digits, secret_ascii, code }) => ({
        name: `counter ${counter}`,
        run: () => expectSame(codeOf(Buffer.from(secret_ascii), counter, { algorithm: alg, digits }), code),
      })),
    },
    {
      name: 'TOTP, RFC 6238 appendix B',
      vectors: rfc6238_appendixB.flatMap((vector) => {
        const { time, T_hex, step, alg, digits, secret_ascii, secret_base32, code } = vector
        const secret = Buffer.from(secret_ascii)
        const at = new Date(time * 1000)
        const name = `${alg} at ${time}`
        const shape = { algorithm: alg, digits }
        return [
          { name, run: () => expectSame(codeOf(secret, stepAt(at), shape), code) },
          {
            name: `${name}: T`,
            run: () => expectSame([stepAt(at), PERIOD_SECONDS], [Number.parseInt(T_hex, 16), step]),
          },
          {
            name: `${name}: base32`,
            run: () => expectSame(spelled(secret), secret_base32.replaceAll('=', '')),
          },
        ]
      }),
    },
    {
      // What apps show has six digits of the same number.
      name: 'codes as they are taken',
      vectors: rfc6238_appendixB
        .filter(({ alg }) => alg === 'SHA1')
        .map(({ time, secret_ascii, code }) => ({
          name: `at ${time}`,
          run: () => {
            const at = new Date(time * 1000)
            const seen = matchCode(Buffer.from(secret_ascii), code.slice(-6), at, null)
            expectSame(seen, { step: stepAt(at), fresh: true })
          },
        })),
    },
  ]
}
