/**
 * What strangers send instead of a body, a path or a query.
 *
 * @module
 */

/** Raw bodies that no route may take, and the status classes that may answer. */
export function malformedBodies(
  valid: Record<string, unknown>,
): [string, string | Buffer, Record<string, string>][] {
  const json = JSON.stringify(valid)
  const [key = 'key'] = Object.keys(valid)
  const inside = (text: string) => `${json.slice(0, -1)}${json === '{}' ? '' : ','}${text}}`
  const text = (name: string) => inside(`"${name}":"x"`)
  return [
    ['nothing', '', {}],
    ['white space', ' \n\t', {}],
    ['not JSON', 'hello', {}],
    ['half of JSON', json.slice(0, Math.max(1, json.length - 1)), {}],
    ['JSON twice', json + json, {}],
    ['a comment', `/* x */ ${json}`, {}],
    ['null', 'null', {}],
    ['an array', `[${json}]`, {}],
    ['a number', '42', {}],
    ['a text', JSON.stringify(json), {}],
    ['true', 'true', {}],
    ['NaN', `{"${key}":NaN}`, {}],
    ['a byte order mark', `\ufeff${json}`, {}],
    ['NUL in a key', inside('"a\\u0000b":1'), {}],
    ['NUL in a value', `{"${key}":"a\\u0000b"}`, {}],
    ['a raw NUL', `{"${key}":"a\0b"}`, {}],
    ['half a surrogate pair', `{"${key}":"\\ud800"}`, {}],
    ['half a surrogate pair in a key', inside('"\\udfff":1'), {}],
    [
      'invalid UTF-8',
      Buffer.concat([Buffer.from(`{"${key}":"`), Buffer.from([0xc3, 0x28, 0xff]), Buffer.from('"}')]),
      {},
    ],
    ['UTF-16', Buffer.from(json, 'utf16le'), {}],
    ['5 MB', `{"${key}":"${'x'.repeat(5 * 1024 * 1024)}"}`, {}],
    ['arrays 10,000 deep', `{"${key}":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, {}],
    ['objects 10,000 deep', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, {}],
    ['__proto__', text('__proto__'), {}],
    ['__proto__ within', `{"${key}":{"__proto__":{"isAdmin":true}}}`, {}],
    ['constructor', text('constructor'), {}],
    ['text/plain', json, { 'content-type': 'text/plain' }],
    ['a form', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }],
    [
      'XML',
      '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
      { 'content-type': 'application/xml' },
    ],
    ['a content type that is none', json, { 'content-type': 'x'.repeat(1000) }],
    ['compressed, it says', json, { 'content-encoding': 'gzip', 'content-type': 'application/octet-stream' }],
  ]
}

/** Values of a type or size that a field is not declared with. */
export const wrongValues: readonly [string, unknown][] = [
  ['null', null],
  ['a number', 7],
  ['a huge number', 1e308],
  ['true', true],
  ['an array', ['x']],
  ['an array of arrays', [[[]]]],
  ['an object', { $ne: null }],
  ['an empty text', ''],
  ['a text of 300,000 characters', 'x'.repeat(300_000)],
  ['100,000 texts', Array.from({ length: 100_000 }, () => 'x')],
  ['10,000 keys', Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i]))],
  ['SQL', `'; drop table users; --`],
  ['a direction override', '\u202etxt.exe'],
  ['a path', '../../etc/passwd'],
]

/** Parts of an address in the place of an id, a name or a type, already encoded. */
export const strangeSegments: readonly string[] = [
  '%00',
  'a%00b',
  '%FF%FE',
  '%E0%A4%A',
  '%',
  '..%2f..%2fetc%2fpasswd',
  '%2e%2e',
  '%27%20or%20%271%27=%271',
  '%3Cscript%3E',
  '%20',
  '%ED%A0%80',
  'x'.repeat(5000),
  '__proto__',
  'constructor',
  'null',
  'undefined',
  '-1',
  '9'.repeat(400),
  'mem_',
  `mem_${'z'.repeat(26)}`,
  `mem_${'0'.repeat(26)}`,
  `evt_${'🦊'.repeat(13)}`,
  '00000000-0000-0000-0000-000000000000',
  '*',
]

/** Queries that no list may fail on. */
export const strangeQueries: readonly string[] = [
  '?limit=-1',
  '?limit=0',
  '?limit=1e9',
  '?limit=99999999999999999999',
  '?limit=NaN',
  '?limit=',
  '?limit=1&limit=2',
  '?limit[]=1',
  '?limit=1%00',
  '?cursor=x',
  '?cursor=%00',
  '?cursor=a&cursor=b',
  `?cursor=mem_${'z'.repeat(26)}`,
  `?cursor=${'x'.repeat(5000)}`,
  '?unknown=1',
  '?__proto__=1',
  '?__proto__[x]=1',
  '?constructor.prototype=1',
  '?q=%00',
  '?q=%25%5f%5c',
  '?q=%ED%A0%80',
  '?role=%00&status=x',
  '?type=%00',
  '?type=%25',
  '?actor=%00&target=%00',
  '?from=yesterday&to=tomorrow',
  '?from=-1&to=0',
  '?from=9007199254740993',
  '?from=99999-01-01T00:00:00Z',
  '?from=0000-01-01T00:00:00Z&to=9999-12-31T23:59:59Z',
  '?outcome=x',
  '?format=x&language=%00',
  '?language=../../x',
  '?%',
  '?%E0%A4%A=1',
  `?${'a=1&'.repeat(5000)}`,
]
