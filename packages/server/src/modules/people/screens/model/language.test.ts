import { expect, test } from 'vitest'
import { chooseLanguage } from './language.ts'

test.each<[string, Parameters<typeof chooseLanguage>[0], string]>([
  ['nothing said', { query: undefined, cookie: undefined, header: undefined }, 'en'],
  ['asked for', { query: 'he', cookie: 'en', header: 'en' }, 'he'],
  ['chosen before', { query: undefined, cookie: 'he', header: 'en' }, 'he'],
  [
    'preferred by the browser',
    { query: undefined, cookie: undefined, header: 'fr, he-IL;q=0.9, en;q=0.8' },
    'he',
  ],
  [
    'in the order of its qualities',
    { query: undefined, cookie: undefined, header: 'en;q=0.2,iw;q=0.5' },
    'he',
  ],
  ['refused by the browser', { query: undefined, cookie: undefined, header: 'he;q=0, en;q=0.1' }, 'en'],
  ['one that there is not', { query: 'xx', cookie: '<script>', header: '*;;;q=x' }, 'en'],
])('%s', (_, asked, expected) => {
  expect(chooseLanguage(asked)).toBe(expected)
})
