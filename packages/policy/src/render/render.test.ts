import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { compile, hasBit } from '../compile.ts'
import { controls, wordsFor } from '../controls/index.ts'
import { type Policy, textIn } from '../model.ts'
import { parsePolicy } from '../parse.ts'
import { conditionInWords } from './condition-words.ts'
import { renderHtml, renderMarkdown } from './index.ts'

function source(name: string): string {
  return readFileSync(new URL(`../../../../policies/${name}.policy.yaml`, import.meta.url), 'utf8')
}

function read(text: string): Policy {
  const parsed = parsePolicy(text)
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('\n'))
  return parsed.policy
}

const names = ['flask-track', 'business-manager', 'prosaas', 'sales-agent']
const documents = names.flatMap((name) => {
  const policy = read(source(name))
  return policy.languages.map((language) => [name, language, policy] as const)
})
const businessManager = read(source('business-manager'))

describe.each(documents)('%s in %s', (_name, language, policy) => {
  const markdown = renderMarkdown(policy, { language })
  const html = renderHtml(policy, { language })
  const frame = language === 'he' ? 'he' : 'en'
  const words = wordsFor(policy, frame)

  test('has every role with its name and title', () => {
    for (const role of policy.roles) {
      expect(markdown).toContain(`\`${role.name}\``)
      expect(html).toContain(`<code dir="ltr">${role.name}</code>`)
      expect(markdown).toContain(textIn(role.title, language))
    }
  })

  test('has every permission that a role holds, and one cell per role', () => {
    const compiled = compile(policy)
    const rows = markdown.split('\n')
    for (const { name, index } of compiled.permissions) {
      const cells = policy.roles.map(({ name: role }) => {
        const { allow, conditional, deny } = compiled.roles.get(role)!
        if (hasBit(deny, index)) return '–'
        if (hasBit(allow, index)) return '✓'
        return hasBit(conditional, index) ? '✓ (1)' : '–'
      })
      const row = rows.find((line) => line.startsWith(`| \`${name}\``))
      if (cells.every((cell) => cell === '–')) expect(row).toBeUndefined()
      else expect(row?.split(' | ').slice(1).join(' | ')).toBe(`${cells.join(' | ')} |`)
    }
  })

  test('has the sentences of every control that applies, and marks the declared ones', () => {
    const mark = frame === 'he' ? 'מוצהר, טרם נאכף' : 'Declared, not yet enforced'
    const headings = markdown.split('\n').filter((line) => line.startsWith('### '))
    for (const control of controls.filter((candidate) => candidate.applies(policy))) {
      const heading = headings.find((line) =>
        / (.*)/.exec(line.slice(4))?.[1]?.startsWith(control.title[frame]),
      )
      expect(heading, control.id).toBeDefined()
      expect(heading?.includes(`*[${mark}]*`), control.id).toBe(control.enforcement === 'declared')
      for (const sentence of control.statement(policy, frame)) expect(markdown).toContain(sentence)
    }
  })

  test('has every statement with its owner and interval', () => {
    for (const { text, owner, attestSeconds } of policy.statements) {
      expect(markdown).toContain(textIn(text, language))
      const by = frame === 'he' ? 'הצהרה של' : 'Attested by'
      expect(markdown).toContain(`*[${by} ${textIn(owner, language)}, ${words.every(attestSeconds)}]*`)
    }
  })

  test('has every third party and every clause that the policy names', () => {
    for (const { title, name } of policy.thirdParties)
      expect(markdown).toContain(textIn(title ?? name, language))
    for (const { clauses } of Object.values(policy.frameworks))
      for (const clause of Object.keys(clauses)) expect(markdown).toContain(`| ${clause} `)
  })

  test('loads nothing and runs nothing', () => {
    expect(html).not.toMatch(/<script|<link|<img|<iframe|url\(|@import|\son\w+=|src=/i)
    expect(html).not.toMatch(/https?:/)
  })

  test('is one page with one language, headings in order and named tables', () => {
    expect(html).toMatch(/^<!doctype html>\n<html lang="(en|he)" dir="(ltr|rtl)">/)
    expect(html).toContain(`dir="${language === 'he' ? 'rtl' : 'ltr'}"`)
    expect(html.match(/<h1>/g)).toHaveLength(1)
    expect(html.match(/<table/g)?.length).toBe(html.match(/<caption>/g)?.length)
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const [, target] of html.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target)
  })

  test('closes what it opens', () => {
    const open: string[] = []
    for (const [, slash, tag] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
      if (tag === 'meta') continue
      if (slash) expect(open.pop()).toBe(tag)
      else open.push(tag as string)
    }
    expect(open).toEqual([])
  })

  test('has tables whose rows are as wide as their heads', () => {
    for (const table of markdown.split('\n\n').filter((part) => part.startsWith('| '))) {
      const widths = table
        .trim()
        .split('\n')
        .map((row) => row.match(/(?<!\\)\|/g)?.length)
      expect(new Set(widths).size, table.split('\n')[0]).toBe(1)
    }
  })

  test('is the same every time', () => {
    expect(renderMarkdown(policy, { language })).toBe(markdown)
    expect(renderHtml(policy, { language })).toBe(html)
  })
})

describe('document control', () => {
  const facts = [
    ['Document ID', 'BM-ACP-1'],
    ['Version', '1.0'],
    ['Classification', 'Internal'],
    ['Owner', 'Owner & Platform Administrator'],
    ['Approved by', 'Owner & Platform Administrator'],
    ['Effective', '10 February 2026'],
    ['Review cycle', 'Every year'],
    ['Last review', '10 February 2026'],
    ['Next review', '10 February 2027'],
  ] as const
  const policy: Policy = { ...businessManager, id: 'BM-ACP-1' }

  test('[BM-01] the document shows id, classification, owner, approver, dates, review cycle, version and history', () => {
    const markdown = renderMarkdown(policy)
    const html = renderHtml(policy)
    for (const [label, value] of facts) {
      expect(markdown).toContain(`| ${label} | ${value} |`)
      expect(html).toContain(`<tr><th scope="row">${label}</th><td>${value.replace('&', '&amp;')}</td></tr>`)
    }
    expect(markdown).toContain('| 1.0 | 10 February 2026 | Owner & Platform Administrator | First issue. |')
  })

  test('[BM-01] the next review follows from the cycle where the policy has no date for it', () => {
    const { nextReview: _date, ...rest } = policy
    expect(renderMarkdown({ ...rest, review: { due: [], also: [], everySeconds: 90 * 86_400 } })).toContain(
      '| Next review | 11 May 2026 |',
    )
  })

  test('[BM-01] what the policy leaves out is said to be left out', () => {
    const { approvedBy: _approver, effective: _date, ...rest } = policy
    const markdown = renderMarkdown(rest)
    expect(markdown).toContain('| Approved by | Not stated |')
    expect(markdown).toContain('| Effective | Not stated |')
  })

  test('[BM-24] the fixed days of the quarterly review are in the document', () => {
    expect(renderMarkdown(policy)).toContain('due on 15 April, 15 July, 15 October and 15 January')
  })
})

describe('hostile text', () => {
  const hostile = `"><script>alert(1)</script>' onclick='x' & | *bold* [a](b) <!-- </style></table>`
  const texts = [
    'title',
    'description',
    'text',
    'owner',
    'purpose',
    'company',
    'product',
    'changes',
    'author',
    'why',
    'responsible',
    'note',
    'approvedBy',
  ]

  /** Every text that an author is free to choose, replaced. */
  function poisoned(value: unknown, key = ''): unknown {
    if (Array.isArray(value)) {
      const isText = ['appliesTo', 'responsibilities'].includes(key)
      return value.map((item) => (isText ? hostile : poisoned(item)))
    }
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, poisoned(inner, name)]))
    return texts.includes(key) && typeof value === 'string' ? hostile : value
  }

  const condition = source('business-manager').replaceAll(
    'resource.ownerId == subject.id',
    `resource.ownerId != '</code><img src=x>' || resource.ownerId == subject.id`,
  )
  const policy = read(condition)
  const harmed = poisoned(structuredClone(policy)) as Policy
  const tags = (html: string) => html.match(/<[^>]*>/g)

  test('in HTML no text of the policy becomes markup', () => {
    const html = renderHtml(harmed)
    expect(html).toContain('&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;')
    expect(tags(html)?.length).toBe(tags(renderHtml(policy))?.length)
    expect(html).not.toMatch(/<script|<img|<!--/)
  })

  test('in Markdown a text opens neither a cell, nor a link, nor markup', () => {
    const markdown = renderMarkdown(harmed)
    expect(markdown).not.toMatch(/(?<!\\)<script|(?<!\\)\[a\]|(?<!\\)<!--/)
    for (const table of markdown.split('\n\n').filter((part) => part.startsWith('| '))) {
      const widths = table
        .trim()
        .split('\n')
        .map((row) => row.match(/(?<!\\)\|/g)?.length)
      expect(new Set(widths).size).toBe(1)
    }
  })
})

describe('languages', () => {
  test('a language the policy is not written in is refused', () => {
    expect(() => renderMarkdown(businessManager, { language: 'he' })).toThrow(RangeError)
    expect(() => renderHtml(businessManager, { language: 'he' })).toThrow('"he"')
  })

  test('Hebrew runs from right to left, and names of the language stay left to right', () => {
    const html = renderHtml(read(source('prosaas')), { language: 'he' })
    expect(html).toContain('<html lang="he" dir="rtl">')
    expect(html).toContain('<code dir="ltr">manage:users</code>')
    expect(html).toContain('סיסמ')
  })
})

describe('conditions in words', () => {
  test.each([
    ['resource.ownerId == subject.id', "the `ownerId` of the resource is the user's own id"],
    [
      'resource.total <= 5.5 && !resource.locked',
      'the `total` of the resource is at most `5.5` and it is not the case that the `locked` of the resource is true',
    ],
    [
      'context.region == "eu" || now < resource.until',
      'either the `region` of the request is “eu” or the present moment is below the `until` of the resource',
    ],
    ['subject.id in resource.team', "the user's own id is among the `team` of the resource"],
  ])('%s', (cel, words) => {
    expect(conditionInWords(cel, 'en')).toBe(words)
    expect(conditionInWords(cel, 'he')).toMatch(/[א-ת]/)
  })

  test('what is beyond plain words stays as written', () => {
    expect(conditionInWords('resource.name.startsWith("a")', 'en')).toBeUndefined()
    expect(conditionInWords('not CEL at all(', 'en')).toBeUndefined()
  })
})
