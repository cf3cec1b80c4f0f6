/** Passwords that are made for somebody, to be changed at the first sign-in. Pure: the dice are passed in. @module */

/** No 0 O 1 l I: it is read from a screen and typed. */
const UPPER = 'ABCDEFGHJKMNPQRSTUVWXYZ'
const LOWER = 'abcdefghjkmnpqrstuvwxyz'
const DIGITS = '23456789'
const ALPHABET = UPPER + LOWER + DIGITS

/** Four groups of five carry 115 bits. */
const GROUP = 5
const GROUPS = 4

/**
 * A random password that meets any policy: all four kinds of characters (the separator is the special one), and at
 * least `minLength` long. `below(n)` gives a uniform whole number from 0 to n - 1.
 */
export function temporaryPassword(minLength: number, below: (n: number) => number): string {
  const groups = Math.max(GROUPS, Math.ceil((minLength + 1) / (GROUP + 1)))
  for (;;) {
    const text = Array.from({ length: groups }, () => group(below)).join('-')
    // Drawn again as a whole, so that what is kept is uniform among those that qualify.
    if (/[A-Z]/.test(text) && /[a-z]/.test(text) && /[2-9]/.test(text)) return text
  }
}

function group(below: (n: number) => number): string {
  return Array.from({ length: GROUP }, () => ALPHABET[below(ALPHABET.length)]).join('')
}
