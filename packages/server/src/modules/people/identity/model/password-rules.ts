/**
 * What the policy asks of a password. Pure.
 *
 * The rules are the policy's own: where it demands kinds of characters (which NIST SP 800-63B section 3.1.1.2 and
 * OWASP ASVS 6.2.5 advise against), that is obeyed. A default policy demands length and refuses passwords that are
 * guessed early.
 *
 * @module
 */
/** `authentication.password` of a policy. */
export interface PasswordPolicy {
  readonly minLength: number
  readonly require: readonly ('upper' | 'lower' | 'digit' | 'special')[]
  readonly blockCommon: boolean
}

export interface Person {
  readonly email: string
  readonly name: string
}

export type PasswordRule =
  | 'min_length'
  | 'upper'
  | 'lower'
  | 'digit'
  | 'special'
  | 'common'
  | 'personal'
  | 'unchanged'

/** A rule that a password misses: a code for machines, a sentence for people. */
export interface MissedRule {
  readonly rule: PasswordRule
  readonly en: string
  readonly he: string
}

const kinds: Readonly<Record<'upper' | 'lower' | 'digit' | 'special', RegExp>> = {
  upper: /\p{Lu}/u,
  lower: /\p{Ll}/u,
  digit: /\p{Nd}/u,
  special: /[^\p{L}\p{M}\p{N}]/u,
}

const sentences: Readonly<Record<Exclude<PasswordRule, 'min_length'>, readonly [en: string, he: string]>> = {
  upper: ['Add an upper-case letter.', 'יש להוסיף אות גדולה באנגלית.'],
  lower: ['Add a lower-case letter.', 'יש להוסיף אות קטנה באנגלית.'],
  digit: ['Add a digit.', 'יש להוסיף ספרה.'],
  special: ['Add a character that is neither letter nor digit.', 'יש להוסיף תו שאינו אות או ספרה.'],
  common: [
    'This password is too easy to guess. Choose one that is not built from well-known words, names, dates or keyboard patterns.',
    'קל לנחש את הסיסמה הזו. יש לבחור סיסמה שאינה בנויה ממילים מוכרות, משמות, מתאריכים או מרצפי מקשים.',
  ],
  personal: ['Leave out your name and your e-mail address.', 'אין לכלול את השם או את כתובת הדוא״ל.'],
  unchanged: ['Choose a password that differs from the current one.', 'יש לבחור סיסמה שונה מהנוכחית.'],
}

/** The sentences of one rule. */
export function missed(rule: Exclude<PasswordRule, 'min_length'>): MissedRule {
  const [en, he] = sentences[rule]
  return { rule, en, he }
}

/**
 * zxcvbn's step between "somewhat guessable" and "safely unguessable": 10^8 guesses are some two years of one computer
 * against bcrypt at cost 12, and out of reach through a sign-in that locks.
 */
const ENOUGH_GUESSES = 1e8

/** Whether a guesser reaches it early for another reason than that it is short, which has a rule of its own. */
function isGuessable(password: string, guesses: number): boolean {
  return guesses < Math.min(ENOUGH_GUESSES, 10 ** [...password].length)
}

/**
 * Every rule that a password misses, not only the first.
 *
 * @param password in its normalized spelling
 * @param guesses that it withstands, by somebody who knows {@link knownWords}
 */
export function missedRules(
  policy: PasswordPolicy,
  password: string,
  person: Person,
  guesses: number,
): MissedRule[] {
  const found: MissedRule[] = []
  // In characters as people count them: code points.
  if ([...password].length < policy.minLength) {
    found.push({
      rule: 'min_length',
      en: `Use at least ${policy.minLength} characters.`,
      he: `יש להשתמש לפחות ב־${policy.minLength} תווים.`,
    })
  }
  for (const kind of policy.require) if (!kinds[kind].test(password)) found.push(missed(kind))
  if (policy.blockCommon && isGuessable(password, guesses)) found.push(missed('common'))
  if (policy.blockCommon && containsPersonal(password, person)) found.push(missed('personal'))
  return found
}

/** Shorter parts ("li", "bob") stand in too many good passwords. */
const MIN_PART = 4

function containsPersonal(password: string, person: Person): boolean {
  const text = password.toLowerCase()
  return personalParts(person).some((part) => part.length >= MIN_PART && text.includes(part))
}

function personalParts({ email, name }: Person): string[] {
  const [local = '', domain = ''] = email.toLowerCase().split('@')
  return [local, ...wordsOf(local), domain.split('.')[0] ?? '', ...wordsOf(name)]
}

/** What whoever guesses knows: the person, where they work, and what they sign in to. */
export function knownWords(person: Person, organizations: readonly string[]): string[] {
  const words = [...personalParts(person), ...organizations.flatMap(wordsOf), 'writ']
  return [...new Set(words)].filter((word) => word.length > 1).slice(0, 100)
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().split(/[^\p{L}\p{N}]+/u)
}
