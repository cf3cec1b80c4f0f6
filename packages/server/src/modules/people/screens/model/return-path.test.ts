import { expect, test } from 'vitest'
import { safeReturn } from './return-path.ts'

test.each([
  ['/account', '/account'],
  ['/oidc/auth?client_id=a&scope=openid%20x', '/oidc/auth?client_id=a&scope=openid%20x'],
  ['/a/../account#second-factor', '/account#second-factor'],
])('a path of this server is gone on to: %s', (path, expected) => {
  expect(safeReturn(path)).toBe(expected)
})

test.each([
  'https://evil.example/',
  '//evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  ' //evil.example',
  'javascript:alert(1)',
  'data:text/html,x',
  'account',
  '',
  '/.//evil.example',
  '/x/..//evil.example',
  '/%2e%2e//evil.example',
  '/ü',
  `/${'a'.repeat(3_000)}`,
])('an address that leads elsewhere, or might, is not: %j', (path) => {
  expect(safeReturn(path)).toBeUndefined()
})
