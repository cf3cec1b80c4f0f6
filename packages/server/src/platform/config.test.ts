import { describe, expect, test } from 'vitest'
import { ConfigError, readConfig } from './config.ts'

const from = { WRIT_MAIL_FROM: 'access@example.com' }

function problems(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('WRIT_SMTP_URL', () => {
  test.each([
    [
      'smtp://mail.example.com',
      { host: 'mail.example.com', port: 587, isImplicitTls: false, credentials: undefined },
    ],
    ['smtps://mail.example.com/', { port: 465, isImplicitTls: true }],
    ['smtp://localhost:1025', { host: 'localhost', port: 1025 }],
    ['smtp://[::1]:25', { host: '::1', port: 25 }],
    [
      'smtps://me%40example.com:p%40s%2Fs%3A%25@mail.example.com:2465',
      { port: 2465, credentials: { user: 'me@example.com', pass: 'p@s/s:%' } },
    ],
  ])('%s is read', (url, expected) => {
    expect(readConfig({ ...from, WRIT_SMTP_URL: url }).smtp).toMatchObject(expected)
  })

  test.each([
    'https://mail.example.com',
    'mail.example.com:587',
    'smtp://',
    'smtp://user:hunter2/x@mail.example.com',
    'smtp://user:hunter2@mail.example.com/path',
    'smtp://user:hunter2@mail.example.com?tls=no',
    'smtp://user:hunter2%zz@mail.example.com',
  ])('%s is refused, with what would be right, and without its password', (url) => {
    const found = problems({ ...from, WRIT_SMTP_URL: url })
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(/^WRIT_SMTP_URL (should|has)/)
    expect(found[0]).not.toContain('hunter2')
  })

  test('needs a sender', () => {
    expect(problems({ WRIT_SMTP_URL: 'smtp://localhost' })).toEqual([
      'WRIT_SMTP_URL needs WRIT_MAIL_FROM: the address that mail comes from',
    ])
  })
})

describe('WRIT_MAIL_FROM', () => {
  const read = (sender: string) =>
    readConfig({ WRIT_SMTP_URL: 'smtp://localhost', WRIT_MAIL_FROM: sender }).smtp?.from

  test('is an address, with a name or without', () => {
    expect(read('access@example.com')).toEqual({ name: '', address: 'access@example.com' })
    expect(read('Acme Access <access@example.com>')).toEqual({
      name: 'Acme Access',
      address: 'access@example.com',
    })
    expect(read('"Acme, Inc." <access@example.com>')).toEqual({
      name: 'Acme, Inc.',
      address: 'access@example.com',
    })
  })

  test.each(['Acme', 'a@b@c <x>', 'a@example.com, b@example.com', 'A <a@example.com>\r\nBcc: e@example.com'])(
    '%j is refused',
    (sender) => {
      expect(problems({ WRIT_MAIL_FROM: sender })).toEqual([
        'WRIT_MAIL_FROM should be an address such as access@example.com, or Acme Access <access@example.com>',
      ])
    },
  )
})
