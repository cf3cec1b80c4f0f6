import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { declaredErrors } from '#platform/errors'
import '../routes.ts'
import { unmarked } from './html.ts'
import { WORDS } from './words.ts'

/** Modules whose failures a form of ours can meet. */
const REACHED = ['sessions', 'identity', 'factors', 'recovery', 'invites', 'registration', 'sign_on']

test('every failure that a form can meet is said in words for people, in both languages', () => {
  const codes = [...declaredErrors.keys()].filter(
    (code) => !code.includes('.') || REACHED.includes(code.split('.')[0]!),
  )
  // Forms send one identity; applications are registered by the operator.
  const ofOthers = ['ambiguous_credentials', 'sign_on.client_not_found', 'sign_on.client_already_revoked']
  for (const words of Object.values(WORDS)) {
    const said = Object.keys(words.refusals)
    expect(codes.filter((code) => !said.includes(code) && !ofOthers.includes(code))).toEqual([])
  }
})

test('every text is used', () => {
  const files = ['', '../routes/'].flatMap((folder) => {
    const url = new URL(`./${folder}`, import.meta.url)
    return readdirSync(url, { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
      .map((entry) => readFileSync(new URL(entry.name, url), 'utf8'))
  })
  const source = files.join('\n')
  const unused = Object.entries(WORDS.en).flatMap(([page, words]) =>
    Object.keys(words)
      .filter((key) => page !== 'refusals' && !new RegExp(`\\b${key}\\b`).test(source))
      .map((key) => `${page}.${key}`),
  )
  // Kinds of characters are named by the policy.
  expect(unused.filter((name) => !/^newPassword\.(upper|lower|digit|special)$/.test(name))).toEqual([])
})

test('Hebrew is Hebrew: no text was left in English', () => {
  const english: string[] = []
  const walk = (words: object, path: string): void => {
    for (const [key, value] of Object.entries(words)) {
      const name = `${path}.${key}`
      if (typeof value === 'object') walk(value, name)
      else {
        const said = typeof value === 'function' ? value('x', 'y') : value
        const text = typeof said === 'string' ? said : unmarked(said)
        if (!/[\u05d0-\u05ea]/.test(text)) english.push(name)
      }
    }
  }
  walk(WORDS.he, 'he')
  // A title is put together of a page's and the product's; a file has a name that every system can hold.
  expect(english).toEqual(['he.shell.title', 'he.recoveryCodes.file', 'he.consent.scope'])
})
