/** What removing a second factor takes, where an account's organizations ask for different things. Pure. @module */

export type Removal = 'password' | 'secondFactor' | 'both'

export interface RemovalTakes {
  readonly password: boolean
  readonly secondFactor: boolean
}

/** An account has one set of factors: whatever any of its organizations asks for. */
export function strictestRemoval(rules: readonly Removal[]): RemovalTakes {
  return {
    password: rules.some((rule) => rule !== 'secondFactor'),
    secondFactor: rules.some((rule) => rule !== 'password'),
  }
}
