import type { Ctx, TokenInput } from '#platform/context'

/** What a token endpoint answers (RFC 6749 section 5.1, in our casing). */
export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
  readonly tokenType: 'Bearer'
  /** Seconds. */
  readonly expiresIn: number
}

/** Signs the access token that goes with a refresh token. */
export async function issueTokens(ctx: Ctx, session: TokenInput, refreshToken: string): Promise<Tokens> {
  const { token, expiresInSeconds } = await ctx.services.ports.issueAccessToken(session, ctx.now())
  return { accessToken: token, refreshToken, tokenType: 'Bearer', expiresIn: expiresInSeconds }
}
