/** Differences of two policies as an approver reads them: role by role, then the rest. @module */
import type { PolicyChange } from '@writ/policy'
import type { Style } from './style.ts'
import { plural, printable, wrap } from './text.ts'

const signs = { widens: '+', narrows: '-', neutral: '~' } as const

/** Longer values are cut: `--json` has them whole. */
const LONGEST = 240

/** One line of the difference. */
interface Entry {
  readonly effect: PolicyChange['effect']
  readonly text: string
}

export function changeLines(changes: readonly PolicyChange[], style: Style, width: number): string[] {
  if (changes.length === 0) return ['The two policies do the same.']
  const colour = { widens: style.green, narrows: style.red, neutral: style.yellow }
  const lines = [...byHeading(changes)].flatMap(([heading, group]) => [
    style.bold(heading),
    ...fold(group).flatMap(({ effect, text }) => {
      const [first = '', ...rest] = wrap(printable(shortened(text)), width - 4)
      return [
        `  ${colour[effect](`${signs[effect]} ${first}`)}`,
        ...rest.map((line) => `    ${colour[effect](line)}`),
      ]
    }),
    '',
  ])
  const { widens, narrows, neutral } = countEffects(changes)
  const counts = [
    `${widens} ${widens === 1 ? 'widens' : 'widen'} what somebody may do`,
    `${narrows} ${narrows === 1 ? 'narrows' : 'narrow'} it`,
    `${neutral} ${neutral === 1 ? 'does' : 'do'} neither`,
  ]
  return [...lines, ...wrap(`${plural(changes.length, 'change')}: ${counts.join(', ')}.`, width)]
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

/** Headings in the order in which they first appear. */
function byHeading(changes: readonly PolicyChange[]): Map<string, PolicyChange[]> {
  const groups = new Map<string, PolicyChange[]>()
  for (const change of changes) {
    const heading = headingOf(change)
    groups.set(heading, [...(groups.get(heading) ?? []), change])
  }
  return groups
}

function headingOf({ path }: PolicyChange): string {
  const [area, name] = path.split('.')
  if (area === 'roles') return `Role ${name}`
  return area === 'resources' ? 'Resources' : 'Settings'
}

/**
 * The same sentence about many permissions is one line: a new role gains forty at once, and nobody reads forty
 * lines. What has a condition keeps its own sentence.
 */
function fold(changes: readonly PolicyChange[]): Entry[] {
  const entries: (Entry & { permissions?: string[]; sentence?: string })[] = []
  for (const { path, effect, sentence } of changes) {
    const permission = /^roles\.[^.]+\.permissions\.(.+)$/.exec(path)?.[1]
    const template = permission === undefined ? undefined : sentence.replace(permission, '…')
    const same = template === undefined ? undefined : entries.find((entry) => entry.sentence === template)
    if (same?.permissions) same.permissions.push(permission!)
    else
      entries.push({
        effect,
        text: sentence,
        ...(permission && { permissions: [permission], sentence: template! }),
      })
  }
  return entries.map(({ effect, text, permissions, sentence }) => ({
    effect,
    text: permissions && permissions.length > 1 ? sentence!.replace('…', byResource(permissions)) : text,
  }))
}

/** `read:leads, write:leads, read:crm` → `read and write leads; read crm`. */
function byResource(permissions: readonly string[]): string {
  const resources = new Map<string, string[]>()
  for (const permission of permissions) {
    const [action = '', resource = ''] = permission.split(':')
    resources.set(resource, [...(resources.get(resource) ?? []), action])
  }
  return [...resources].map(([resource, actions]) => `${list(actions)} ${resource}`).join('; ')
}

function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

function shortened(text: string): string {
  return text.length > LONGEST && text.includes('{') ? `${text.slice(0, LONGEST)}…` : text
}
