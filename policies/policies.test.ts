import { readdirSync, readFileSync } from 'node:fs'
import {
  type CompiledPolicy,
  compile,
  controls,
  findControl,
  formatProblem,
  mayAssign,
  mayManage,
  type Policy,
  parsePolicy,
  renderHtml,
  renderMarkdown,
  runPolicyTests,
} from '@writ/policy'
import { describe, expect, test } from 'vitest'

const folder = new URL('.', import.meta.url)
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.policy.yaml'))
  .map((file) => file.slice(0, -'.policy.yaml'.length))

function text(file: string): string {
  return readFileSync(new URL(file, folder), 'utf8')
}

function policyOf(name: string): Policy {
  const file = `${name}.policy.yaml`
  const parsed = parsePolicy(text(file), { file })
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'))
  return parsed.policy
}

function compiledOf(name: string): CompiledPolicy {
  return compile(policyOf(name))
}

test('the four policies are there', () => {
  expect(names.sort()).toEqual(['business-manager', 'flask-track', 'prosaas', 'sales-agent'])
})

describe.each(names)('%s', (name) => {
  const policy = policyOf(name)

  test('is named like its file', () => {
    expect(policy.name).toBe(name)
  })

  const file = `${name}.policy.test.yaml`
  const run = runPolicyTests(compile(policy), text(file), { file })

  test('has tests that can be read', () => {
    expect(run.ok ? [] : run.problems.map(formatProblem)).toEqual([])
  })

  const byTitle = Map.groupBy(run.ok ? run.results : [], ({ title }) => title.split(': ')[0] as string)
  test.each([...byTitle])('%s', (_title, results) => {
    expect(results.filter(({ ok }) => !ok).map(({ message, line }) => `${file}:${line} ${message}`)).toEqual(
      [],
    )
  })

  test('renders in each of its languages', () => {
    for (const language of policy.languages) {
      const title = typeof policy.title === 'string' ? policy.title : policy.title[language]
      expect(renderMarkdown(policy, { language })).toContain(`# ${title}`)
      expect(renderHtml(policy, { language })).toContain(`<h1>${title}</h1>`)
    }
  })

  test('has every text in every one of its languages', () => {
    const missing: string[] = []
    const walk = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return
      const keys = Object.keys(value)
      if (keys.includes('en') && typeof (value as { en: unknown }).en === 'string')
        missing.push(...policy.languages.filter((tag) => !keys.includes(tag)).map((tag) => `${path}.${tag}`))
      for (const [key, inner] of Object.entries(value)) walk(inner, `${path}.${key}`)
    }
    walk(policy, name)
    expect(missing).toEqual([])
  })

  test('names controls that exist and apply to it', () => {
    const named = Object.values(policy.frameworks).flatMap(({ clauses }) =>
      Object.values(clauses).flatMap((clause) => clause.controls),
    )
    expect(named.filter((id) => !findControl(id)?.applies(policy))).toEqual([])
  })

  test('keeps bcrypt at a cost of 12', () => {
    expect(policy.authentication.password.bcrypt).toBe(12)
  })
})

describe('who gives and administers whom', () => {
  const gives = (name: string, role: string) => {
    const compiled = compiledOf(name)
    return [...compiled.roles.keys()].filter((other) => mayAssign(compiled, [role], other))
  }
  const manages = (name: string, role: string) => {
    const compiled = compiledOf(name)
    return [...compiled.roles.keys()].filter((other) => mayManage(compiled, [role], [other]))
  }

  test('[BM-07] nobody in the application gives super_admin', () => {
    for (const { name } of policyOf('business-manager').roles)
      expect(gives('business-manager', name)).not.toContain('super_admin')
  })

  test('[BM-08] tenant_admin is given by tenant_admin and super_admin only', () => {
    const givers = policyOf('business-manager')
      .roles.map(({ name }) => name)
      .filter((name) => gives('business-manager', name).includes('tenant_admin'))
    expect(givers).toEqual(['super_admin', 'tenant_admin'])
  })

  test('[BM-09] [BM-13] admin gives and administers staff, accountant and customer', () => {
    expect(gives('business-manager', 'admin')).toEqual(['staff', 'accountant', 'customer'])
    expect(manages('business-manager', 'admin')).toEqual(['staff', 'accountant', 'customer'])
  })

  test('[BM-10] [BM-13] staff creates customers and administers nobody', () => {
    expect(gives('business-manager', 'staff')).toEqual(['customer'])
    expect(manages('business-manager', 'staff')).toEqual([])
  })

  test('[BM-13] customers register themselves, and nobody else does', () => {
    expect(policyOf('business-manager').provisioning.selfRegister).toEqual(['customer'])
  })

  test.each(names)('[BM-14] in %s nobody gives or administers a role above their own', (name) => {
    const roles = policyOf(name).roles.map((role) => role.name)
    for (const [rank, role] of roles.entries()) {
      const above = roles.slice(0, rank)
      expect([...gives(name, role), ...manages(name, role)].filter((other) => above.includes(other))).toEqual(
        [],
      )
    }
  })

  test('[FT-OM-06] admin neither gives nor administers owner', () => {
    expect(gives('flask-track', 'admin')).toEqual(['admin', 'scientist', 'technician', 'viewer'])
    expect(manages('flask-track', 'admin')).not.toContain('owner')
  })

  test('[FT-AC-19] nobody in the application gives the role of the platform staff', () => {
    for (const { name } of policyOf('flask-track').roles)
      expect(gives('flask-track', name)).not.toContain('platform_staff')
  })
})

describe('settings the documents name', () => {
  const DAY = 86_400

  test('[SA-01] [SA-02] [SA-04] tokens, passwords and lockout of sales-agent', () => {
    const { tokens, password, lockout } = policyOf('sales-agent').authentication
    expect(tokens).toEqual({ algorithm: 'HS256', accessSeconds: 900, refreshSeconds: 7 * DAY })
    expect(password).toMatchObject({ minLength: 8, require: ['upper', 'lower', 'digit'] })
    expect(lockout).toEqual({ after: 5, forSeconds: 1800 })
  })

  test('[SA-05] the thirteen permissions are there by their names', () => {
    const { permissionSet } = compiledOf('sales-agent')
    const thirteen = [
      ...['read:leads', 'write:leads', 'delete:leads'],
      ...['read:campaigns', 'write:campaigns', 'delete:campaigns'],
      ...['read:crm', 'write:crm', 'manage:crm'],
      ...['manage:users', 'manage:roles', 'view:audit', 'manage:system'],
    ]
    expect(thirteen.filter((name) => permissionSet.index(name) === undefined)).toEqual([])
  })

  test('[SA-18] [SA-20] ten denials an hour alert; two people open the emergency access', () => {
    const policy = policyOf('sales-agent')
    expect(policy.signals.find(({ when }) => when === 'denied')).toMatchObject({
      count: 10,
      withinSeconds: 3600,
      actions: ['alert'],
    })
    expect(policy.breakGlass).toMatchObject({ role: 'admin', approvals: 2, detail: 'enhanced' })
  })

  test('[PS-05] [PS-06] [PS-07] passwords, second factor and sessions of prosaas', () => {
    const { password, mfa, session } = policyOf('prosaas').authentication
    expect(password).toMatchObject({ minLength: 8, require: ['upper', 'lower', 'digit', 'special'] })
    expect(mfa).toMatchObject({ required: ['system_admin'], recommended: ['owner', 'admin'] })
    expect(session).toMatchObject({ idleSeconds: 8 * 3600 })
    expect(session.rotateOn).toContain('privilegeChange')
  })

  test('[PS-09] [PS-11] the four reviews and the seven steps of revocation', () => {
    const { reviews, offboarding } = policyOf('prosaas')
    expect(reviews.map(({ scope, everySeconds }) => [scope, everySeconds])).toEqual([
      ['members', 90 * DAY],
      ['privileged', 30 * DAY],
      ['serviceAccounts', 90 * DAY],
      ['thirdParties', 90 * DAY],
    ])
    expect(offboarding.checklist).toHaveLength(7)
  })

  test('[PS-20] the ten ISO clauses each name a control or a statement', () => {
    const clauses = policyOf('prosaas').frameworks['iso27001_2013']?.clauses ?? {}
    expect(Object.keys(clauses)).toHaveLength(10)
    for (const { controls: named, statements } of Object.values(clauses))
      expect(named.length + statements.length).toBeGreaterThan(0)
  })

  test('[BM-20] [BM-22] [BM-24] passwords, tokens and due days of business-manager', () => {
    const { authentication, reviews } = policyOf('business-manager')
    expect(authentication.password.minLength).toBe(8)
    expect(authentication.tokens.accessSeconds).toBe(7 * DAY)
    expect(reviews[0]?.due).toEqual(['04-15', '07-15', '10-15', '01-15'])
  })

  test('[FT-AC-20] [FT-AC-24] support access and the responsibilities of customers', () => {
    const { supportAccess, responsibilities, organizations } = policyOf('flask-track')
    expect(organizations.platformAccess).toBe('support')
    expect(supportAccess).toMatchObject({ reasons: ['support', 'security', 'incident'], role: 'viewer' })
    expect(responsibilities.length).toBeGreaterThan(0)
  })
})

test('every control is demanded by one of the four, but for the approval of policy changes and deleting oneself', () => {
  const policies = names.map(policyOf)
  const idle = controls.filter((control) => !policies.some((policy) => control.applies(policy)))
  expect(idle.map(({ id }) => id)).toEqual(['account-deletion.self', 'policy-approval'])
})

describe('docs/clauses.md', () => {
  const rows = text('../docs/clauses.md')
    .split('\n')
    .map((line) => /^\| ((?:FT-AC|FT-OM|BM|PS|SA)-\d\d) \| (.+) \| (.+) \|$/.exec(line))
    .filter((row) => row !== null)
    .map(([, id = '', promise = '', where = '']) => ({ id, promise, where }))

  test('has every clause of the five texts once, in order', () => {
    const counts = { 'FT-AC': 25, 'FT-OM': 20, BM: 27, PS: 22, SA: 20 }
    const expected = Object.entries(counts).flatMap(([document, count]) =>
      Array.from({ length: count }, (_, i) => `${document}-${String(i + 1).padStart(2, '0')}`),
    )
    expect(rows.map(({ id }) => id)).toEqual(expected)
  })

  test.each(rows)('$id calls a control that is only declared a later release', ({ where }) => {
    const named = [...where.matchAll(/`([a-z.-]+)`/g)]
      .map(([, id]) => findControl(id as string))
      .filter((control) => control !== undefined)
    const [now = '', later] = where.split('later release')
    for (const { id, enforcement } of named)
      expect((enforcement === 'declared' ? later : now)?.includes(`\`${id}\``), id).toBe(true)
  })

  test('names no control that is not in the catalogue', () => {
    const names = rows.flatMap(({ where }) =>
      [...where.matchAll(/`([a-z.-]+)`/g)].map(([, id]) => id as string),
    )
    expect(names.filter((id) => !findControl(id) && id !== 'responsibilities')).toEqual([])
  })
})
