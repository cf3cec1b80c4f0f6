/** Differences of two policies as an approver reads them: role by role, then the rest. @module */
import type { PolicyChange } from '@writ/policy'
import type { Style } from './style.ts'
import { plural, printable, wrap } from './text.ts'

const signs = { widens: '+', narrows: '-', neutral: '~' } as const

export function changeLines(changes: readonly PolicyChange[], style: Style, width: number): string[] {
  if (changes.length === 0) return ['The two policies do the same.']
  const colour = { widens: style.green, narrows: style.red, neutral: style.yellow }
  const lines: string[] = []
  let heading = ''
  for (const change of inGroups(changes)) {
    const title = titleOf(change)
    if (title !== heading) lines.push(...(heading === '' ? [] : ['']), style.bold(title))
    heading = title
    const [first = '', ...rest] = wrap(printable(change.sentence), width - 4)
    lines.push(
      `  ${colour[change.effect](`${signs[change.effect]} ${first}`)}`,
      ...rest.map((line) => `    ${colour[change.effect](line)}`),
    )
  }
  const { widens, narrows, neutral } = countEffects(changes)
  const counts = [
    `${widens} that ${widens === 1 ? 'widens' : 'widen'}`,
    `${narrows} that ${narrows === 1 ? 'narrows' : 'narrow'}`,
    `${neutral} neither`,
  ]
  return [...lines, '', ...wrap(`${plural(changes.length, 'change')}: ${counts.join(', ')}.`, width)]
}

export function countEffects(changes: readonly PolicyChange[]): {
  widens: number
  narrows: number
  neutral: number
} {
  const count = (effect: PolicyChange['effect']) =>
    changes.filter((change) => change.effect === effect).length
  return { widens: count('widens'), narrows: count('narrows'), neutral: count('neutral') }
}

/** Changes of one heading together, headings in the order they first appear. */
function inGroups(changes: readonly PolicyChange[]): PolicyChange[] {
  const groups = new Map<string, PolicyChange[]>()
  for (const change of changes) {
    const title = titleOf(change)
    groups.set(title, [...(groups.get(title) ?? []), change])
  }
  return [...groups.values()].flat()
}

function titleOf({ path }: PolicyChange): string {
  const [area, name] = path.split('.')
  if (area === 'roles') return `Role ${name}`
  return area === 'resources' ? 'Resources' : 'Settings'
}
