import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { formatProblem, jsonSchema, parsePolicy, textIn } from '../src/index.ts'
import { fixture, policyOf } from './fixtures/index.ts'

const HEAD = 'writ: 1\nname: x\ntitle: T\nversion: "1"\nowner: O\norganizations: { ownerRole: admin }\n'

function problems(source: string): string[] {
  const parsed = parsePolicy(source, { file: 'p.yaml' })
  return parsed.ok ? [] : parsed.problems.map(formatProblem)
}

/** Problems of a file that is right but for the given lines, which start on line 7. */
function wrong(lines: string): string[] {
  return problems(HEAD + lines)
}

describe('a file that is right', () => {
  test('is read with its defaults, durations in seconds and ranks in the order of the file', () => {
    const policy = policyOf(fixture('shop.policy.yaml'))
    expect(policy.authentication.password.minLength).toBe(10)
    expect(policy.authentication.lockout).toEqual({ after: 5, forSeconds: 1800 })
    expect(policy.authentication.session).toMatchObject({ idleSeconds: 28_800, absoluteSeconds: 604_800 })
    expect(policy.authentication.tokens).toEqual({
      algorithm: 'HS256',
      accessSeconds: 900,
      refreshSeconds: 604_800,
    })
    expect(policy.roles.map((role) => [role.name, role.rank])).toEqual([
      ['operator', 0],
      ['owner', 1],
      ['manager', 2],
      ['clerk', 3],
      ['customer', 4],
    ])
    expect(textIn(policy.title, 'he')).toBe('מדיניות בקרת גישה')
    expect(policy.signals[0]).toMatchObject({
      when: 'denied',
      count: 10,
      withinSeconds: 3600,
      actions: ['alert'],
    })
  })

  test('[BM-07] a role assigned at the console is given by no role, not even by *', () => {
    const roles = new Map(policyOf(fixture('shop.policy.yaml')).roles.map((role) => [role.name, role]))
    expect(roles.get('operator')?.assignedBy).toBe('console')
    expect(roles.get('owner')?.assign).toEqual(['owner', 'manager', 'clerk', 'customer'])
    expect(roles.get('clerk')?.assignedBy).toEqual(['owner', 'manager'])
  })

  test('is plain data: it survives JSON', () => {
    const policy = policyOf(fixture('shop.policy.yaml'))
    expect(JSON.parse(JSON.stringify(policy))).toEqual(policy)
  })

  test('the committed JSON Schema is the one the grammar gives', () => {
    const committed = readFileSync(new URL('../../../policies/policy.schema.json', import.meta.url), 'utf8')
    expect(JSON.parse(committed)).toEqual(JSON.parse(JSON.stringify(jsonSchema())))
  })
})

describe('a file that is wrong', () => {
  test('reports everything at once, in the order of the file', () => {
    const found = problems(
      'writ: 1\nname: x\ntitel: T\nversion: 1.0\nowner: O\norganizations: { ownerRole: amdin }\nroles:\n  admin: { alow: [], assign: [nobody] }\n',
    )
    expect(found).toEqual([
      'p.yaml:1:1 title: "title" is missing. Add it: text or keys with values is needed.',
      'p.yaml:3:1 titel: Unknown key "titel". Did you mean "title"?',
      'p.yaml:4:10 version: Text is needed here, not 1. Put it in quotes: "1.0".',
      'p.yaml:6:29 organizations.ownerRole: Unknown role "amdin". Did you mean "admin"?',
      'p.yaml:8:12 roles.admin.alow: Unknown key "alow". Did you mean "allow"?',
      'p.yaml:8:31 roles.admin.assign[0]: Unknown role "nobody". Known: admin.',
    ])
  })

  const table: [rule: string, lines: string, at: string, says: RegExp][] = [
    [
      'an unknown permission',
      'resources: { leads: [read] }\nroles: { admin: { allow: [raed:leads] } }',
      '8:27',
      /Unknown permission "raed:leads"\. Did you mean "read:leads"\?/,
    ],
    [
      'a pattern that names nothing',
      'roles: { admin: { allow: ["*:leeds"] } }',
      '7:27',
      /names no permission/,
    ],
    [
      'a platform permission in an organization role',
      'roles: { admin: { allow: [suspend:organizations] } }',
      '7:27',
      /acts above the organizations/,
    ],
    [
      'a circle in inherits',
      'roles:\n  admin: { inherits: [b] }\n  b: { inherits: [c] }\n  c: { inherits: [admin] }',
      '8:23',
      /circle: admin → b → c → admin/,
    ],
    [
      'a role that inherits one above it',
      'roles:\n  admin: {}\n  b: { inherits: [admin] }',
      '9:19',
      /ranks above it/,
    ],
    [
      'an organization role that inherits a platform role',
      'roles:\n  admin: { inherits: [p] }\n  p: { scope: platform }',
      '8:23',
      /cannot inherit p, a role of the platform/,
    ],
    [
      'a role that may assign above itself',
      'roles:\n  admin: {}\n  b: { assign: [admin] }',
      '9:17',
      /b may not give admin, which ranks above it/,
    ],
    [
      'a role that may administer above itself',
      'roles:\n  admin: {}\n  b: { manages: [admin] }',
      '9:18',
      /administer holders of admin, which ranks above it/,
    ],
    [
      'assigning what only the console assigns',
      'roles:\n  admin: { assign: [p] }\n  p: { assignedBy: console }',
      '8:21',
      /assigned beside the application only/,
    ],
    [
      'two default roles',
      'roles:\n  admin: {}\n  b: { default: true }\n  c: { default: true }',
      '10:17',
      /b is the default role already/,
    ],
    [
      'a privileged default',
      'roles:\n  admin: {}\n  b: { default: true, privileged: true }',
      '9:17',
      /privileged and cannot be the default/,
    ],
    [
      'registering as the owner',
      'roles: { admin: {} }\nprovisioning: { selfRegister: [admin] }',
      '8:32',
      /owner role and cannot be taken by registering/,
    ],
    [
      'a state that closes an unknown action',
      'resources: { o: { actions: [read], states: { closed: { deny: [write] } } } }\nroles: { admin: {} }',
      '7:63',
      /o has no action "write"/,
    ],
    [
      'a condition on an undeclared attribute',
      'resources: { o: [read] }\nroles: { admin: { allow: [{ allow: read:o, when: resource.owner == subject.id }] } }',
      '8:50',
      /No such key: owner \(at character 10\)/,
    ],
    [
      'a condition of the wrong types',
      'resources: { o: { actions: [read], attributes: { n: double } } }\nroles: { admin: { allow: [{ allow: read:o, when: resource.n == subject.id }] } }',
      '8:50',
      /no such overload/,
    ],
    [
      'a condition that is not a yes or no',
      'resources: { o: [read] }\nroles: { admin: { allow: [{ allow: read:o, when: subject.id }] } }',
      '8:50',
      /of type string, not bool/,
    ],
    [
      'a regular expression',
      'resources: { o: [read] }\nroles: { admin: { allow: [{ allow: read:o, when: \'[subject.id].all(i, i.matches("a+"))\' }] } }',
      '8:50',
      /matches\(\) is not part/,
    ],
    [
      'a loop inside a loop',
      'resources: { o: [read] }\nroles: { admin: { allow: [{ allow: read:o, when: "context.l.all(a, context.l.exists(b, a == b))" }] } }',
      '8:50',
      /loop inside a loop/,
    ],
    [
      'separation of unknown roles',
      'roles: { admin: {} }\nseparation: [{ roles: [admin, b] }]',
      '8:31',
      /Unknown role "b"/,
    ],
    [
      'separation of roles that inherit each other',
      'roles: { admin: { inherits: [b] }, b: {} }\nseparation: [{ roles: [admin, b] }]',
      '8:14',
      /always held together/,
    ],
    [
      'an unknown role under mfa',
      'roles: { admin: {} }\nauthentication: { mfa: { required: [admn] } }',
      '8:37',
      /Did you mean "admin"\?/,
    ],
    [
      'a lockout that never bites',
      'roles: { admin: {} }\nauthentication: { lockout: { after: 5, for: 5s } }',
      '8:45',
      /Under a minute/,
    ],
    [
      'an idle time beyond the session',
      'roles: { admin: {} }\nauthentication: { session: { idle: 8h, absolute: 1h } }',
      '8:36',
      /too long/,
    ],
    [
      'an access token beyond its refresh token',
      'roles: { admin: {} }\nauthentication: { tokens: { access: 2d, refresh: 1d } }',
      '8:37',
      /outlive its refresh token/,
    ],
    [
      'a creator of accounts without the permission',
      'roles: { admin: {} }\nprovisioning: { by: [admin] }',
      '8:22',
      /does not have create:members/,
    ],
    [
      'a review before the last one',
      'roles: { admin: {} }\neffective: 2026-01-01\nnextReview: 2025-01-01',
      '9:13',
      /is not after 2026-01-01/,
    ],
    ['a day that does not exist', 'roles: { admin: {} }\neffective: 2026-02-30', '8:12', /no such day/],
    [
      'one person for break-glass',
      'roles: { admin: {} }\nbreakGlass: { role: admin, approvers: [admin], approvals: 1 }',
      '8:59',
      /two people/,
    ],
    [
      'an elevation to a lower role',
      'roles: { admin: {}, b: {} }\nelevation: { roles: { b: { eligible: [admin], approvers: [admin] } } }',
      '8:39',
      /is no elevation/,
    ],
    [
      'an unknown statement',
      'roles: { admin: {} }\nframeworks: { iso: { clauses: { A.1: { statements: [x] } } } }',
      '8:53',
      /Unknown statement "x"/,
    ],
  ]
  for (const [rule, lines, at, says] of table) {
    test(`refuses ${rule}, and says where`, () => {
      const found = wrong(lines)
      expect(found.join('\n')).toMatch(says)
      expect(
        found.some((problem) => problem.startsWith(`p.yaml:${at} `) && says.test(problem)),
        found.join('\n'),
      ).toBe(true)
    })
  }

  test('refuses a setting organizations cannot tighten', () => {
    const found = problems(
      `${HEAD.replace('{ ownerRole: admin }', '{ ownerRole: admin, maySet: [authentication.mfaa] }')}roles: { admin: {} }`,
    )
    expect(found).toEqual([expect.stringMatching(/6:45 .*Did you mean "authentication\.mfa"\?/)])
  })

  test('a wrong part hides no problem elsewhere', () => {
    const found = wrong(
      'resources: { leads: 5 }\nroles: { admin: { scope: world, allow: [read:nothing] }, b: 7 }',
    )
    expect(found.map((problem) => problem.split(' ')[1])).toEqual([
      'resources.leads:',
      'roles.admin.scope:',
      'roles.admin.allow[0]:',
      'roles.b:',
    ])
  })
})

describe('a hostile file', () => {
  const bomb = [
    'a: &a [x, x]',
    ...Array.from(
      { length: 9 },
      (_, i) => `${'bcdefghij'[i]}: &${'bcdefghij'[i]} [*${'abcdefghi'[i]}, *${'abcdefghi'[i]}]`,
    ),
  ].join('\n')
  const table: [string, string, RegExp][] = [
    ['aliases', bomb, /Anchors and aliases/],
    ['merge keys', '<<: { a: 1 }', /Merge keys/],
    ['a key twice', 'name: x\nname: y', /2:1 .*stands here twice/],
    ['tags', 'name: !!js/function "x"', /tag/i],
    ['brackets without end', '['.repeat(200_000), /nest deeper/],
    ['endless lists', '- '.repeat(100_000), /nest deeper/],
    [
      'indentation without end',
      Array.from({ length: 600 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
      /nest deeper/,
    ],
    ['a huge file', `name: ${'x'.repeat(300_000)}`, /larger than/],
    ['several documents', 'name: x\n---\nname: y', /several documents/],
    ['keys that are no text', '? { a: 1 }\n: 2', /strings/],
    ['nothing at all', '', /keys with values is needed here, not nothing/i],
    ['text that is no YAML', 'a: [b', /1:6/],
    ['keys of the prototype', '__proto__: { writ: 1 }\nconstructor: 1', /Unknown key "__proto__"/],
  ]
  for (const [what, source, says] of table) {
    test(`${what} are refused with a sentence, without delay`, () => {
      const started = performance.now()
      expect(problems(source).join('\n')).toMatch(says)
      expect(performance.now() - started).toBeLessThan(3000)
    })
  }
})
