/**
 * Passwords that are tried first: well-known words, their usual disguises (P@ssw0rd1!), runs on the keyboard and in
 * the alphabet, and one thing repeated. Pure.
 *
 * @module
 */

/** Words people choose, as they sound when disguises are taken off. The list is ours; the habits are everybody's. */
const WORDS = new Set(
  (
    'password passwort passcode passw passwd pass secret changeme changethis letmein welcome login signin access admin administrator root ' +
    'superuser sysadmin guest user default temp temporary test testing tester demo sample example hello hi iloveyou loveyou lovely love ' +
    'monkey dragon master shadow sunshine princess prince football soccer baseball basketball hockey tennis golf superman batman ' +
    'spiderman starwars pokemon naruto minecraft freedom whatever trustno trustnoone killer hunter ranger ninja cookie cheese chocolate ' +
    'coffee banana orange apple pepper ginger summer winter spring autumn january february march april june july august september ' +
    'october november december monday tuesday wednesday thursday friday saturday sunday flower butterfly angel angels heaven jesus ' +
    'michael jennifer jessica jordan ashley daniel thomas george charlie robert andrew matthew joshua michelle nicole hannah amanda ' +
    'maggie buster tigger computer internet server windows linux google facebook twitter samsung iphone android microsoft oracle cisco ' +
    'company office business manager security secure private database backup service support qwerty qwertz azerty qazwsx zaqxsw ' +
    'asdfgh zxcvbn abcabc abcdef abcdefg abcd aaaa mustang corvette ferrari porsche mercedes harley yankees cowboys eagles lakers ' +
    'liverpool chelsea arsenal barcelona madrid london berlin paris israel jerusalem shalom sisma sismah elohim abba'
  ).split(' '),
)

/** What stands for a letter in disguised words. */
const DISGUISES: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '@': 'a',
  $: 's',
  '!': 'i',
  '|': 'l',
  '+': 't',
}

const RUNS = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  'qwertyuiopasdfghjklzxcvbnm',
  'qwertzuiopasdfghjklyxcvbnm',
  'azertyuiopqsdfghjklmwxcvbn',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p',
  '1q2w3e4r5t6y7u8i9o0p',
  'אבגדהוזחטיכלמנסעפצקרשת',
]
const WALKS = [...RUNS, ...RUNS.map((run) => [...run].reverse().join(''))]

/** Whether a guesser's first thousands of guesses reach it. Not an estimate of strength. */
export function isCommonPassword(password: string): boolean {
  const text = password.toLowerCase()
  // "Welcome2024!" is "welcome" with what people add when they are told to add something.
  const stem = text.replace(/^[^\p{L}]{0,4}/u, '').replace(/[^\p{L}]{0,6}$/u, '')
  if ([text, stem].some((part) => isOneThingRepeated(part) || isWalks(part))) return true
  return [
    text,
    stem,
    undisguise(text),
    undisguise(stem),
    undisguise(text.replace(/[\d\W_]{1,6}$/u, '')),
  ].some(isWords)
}

function undisguise(text: string): string {
  return [...text].map((character) => DISGUISES[character] ?? character).join('')
}

/** A word of the list, or two of them. */
function isWords(text: string): boolean {
  if (WORDS.has(text)) return true
  for (let i = 3; i <= text.length - 3; i++)
    if (WORDS.has(text.slice(0, i)) && WORDS.has(text.slice(i))) return true
  return false
}

function isOneThingRepeated(text: string): boolean {
  return /^(.{1,4}?)\1+$/su.test(text) && text.length >= 4
}

/** Made of at most three stretches of keyboard or alphabet, each of three characters or more: 123qweasd, abcd1234. */
function isWalks(text: string): boolean {
  let rest = text
  if (text.length < 4) return false
  for (let stretch = 0; stretch < 3 && rest !== ''; stretch++) {
    let length = 0
    for (const walk of WALKS) {
      let reach = Math.min(rest.length, walk.length)
      while (reach > length && !walk.includes(rest.slice(0, reach))) reach--
      length = Math.max(length, reach)
    }
    if (length < 3) return false
    rest = rest.slice(length)
  }
  return rest === ''
}
