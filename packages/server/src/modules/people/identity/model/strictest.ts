/** Which of several organizations' rules holds for an account that belongs to all of them. Pure. @module */

export interface Lockout {
  readonly after: number
  readonly forSeconds: number
}

/** An account has one password and one count: the fewest attempts and the longest lock of its organizations hold. */
export function strictestLockout(lockouts: readonly [Lockout, ...Lockout[]]): Lockout {
  return {
    after: Math.min(...lockouts.map(({ after }) => after)),
    forSeconds: Math.max(...lockouts.map(({ forSeconds }) => forSeconds)),
  }
}
