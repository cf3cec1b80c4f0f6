/** The table of roles and the matrix of permissions. @module */
import { ownPermissions } from '../../catalogue.ts'
import { type CompiledPermission, type CompiledRole, hasBit } from '../../compile.ts'
import type { Role } from '../../model.ts'
import { type Block, codes, type Inline, type Line, prose, type Row } from '../blocks.ts'
import { conditionInWords } from '../condition-words.ts'
import type { RenderContext } from '../context.ts'
import { ownPermissionText, ownResourceTitle } from '../own-permissions.ts'

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

function givenBy({ words, frame }: RenderContext, role: Role): string {
  if (role.assignedBy === 'console') return frame.roles.operator
  return role.assignedBy.length > 0 ? words.anyRole(role.assignedBy) : frame.roles.nobody
}

/** Roles with their description, where they hold, who gives them and what they include. */
export function rolesTable(context: RenderContext): Block {
  const { policy, words, frame } = context
  const label = frame.roles
  const marks = (role: Role): string => {
    const list = [role.privileged ? label.privileged : '', role.default ? label.default : ''].filter(Boolean)
    return list.length > 0 ? ` (${list.join(', ')})` : ''
  }
  return {
    kind: 'table',
    caption: label.caption,
    head: [label.role, label.name, label.scope, label.description, label.givenBy, label.includes].map(
      (text) => [text],
    ),
    rows: policy.roles.map((role) => ({
      cells: [
        [words.text(role.title) + marks(role)],
        [{ code: role.name }],
        [role.scope === 'platform' ? label.platform : capital(words.organization)],
        role.description === undefined ? [label.none] : prose(words.text(role.description)),
        [givenBy(context, role)],
        [role.inherits.length > 0 ? words.roles(role.inherits) : label.none],
      ],
    })),
  }
}

/** Conditions in the order they are met, each with its number. */
class Footnotes {
  readonly #numbers = new Map<string, number>()

  number(condition: string): number {
    const number = this.#numbers.get(condition) ?? this.#numbers.size + 1
    this.#numbers.set(condition, number)
    return number
  }

  conditions(): string[] {
    return [...this.#numbers.keys()]
  }
}

function cell(
  { frame }: RenderContext,
  role: CompiledRole,
  permission: CompiledPermission,
  footnotes: Footnotes,
): Line {
  const { index } = permission
  const label = frame.matrix
  if (hasBit(role.deny, index)) return [{ symbol: '–', label: label.refused }]
  if (hasBit(role.allow, index)) return [{ symbol: '✓', label: label.permitted }]
  const rules = role.rules.get(index) ?? []
  if (rules.length === 0) return [{ symbol: '–', label: label.refused }]
  const numbers = [...new Set(rules.map(({ when }) => footnotes.number(when)))].join(', ')
  return [{ symbol: `✓ (${numbers})`, label: `${label.conditional} ${numbers}` }]
}

const ownResources = [...new Set(ownPermissions.map(({ resource }) => resource))]

/** Groups in the order of the file, the platform's own last. */
function groups({ policy, compiled }: RenderContext): [resource: string, CompiledPermission[]][] {
  const declared = policy.resources.map(({ name }) => name).filter((name) => !ownResources.includes(name))
  return [...declared, ...ownResources].map((resource) => [
    resource,
    compiled.permissions.filter((permission) => permission.resource === resource),
  ])
}

function groupTitle({ policy, words }: RenderContext, name: string): Line {
  const declared = policy.resources.find((resource) => resource.name === name)
  const title = declared && words.text(declared.title)
  return [{ strong: title === undefined || title === name ? ownResourceTitle(name, words) : title }]
}

function permissionLabel({ words }: RenderContext, name: string): Inline[] {
  const text = ownPermissionText(name, words)
  return text === undefined ? [{ code: name }] : [{ code: name }, ` ${text}`]
}

/** Every permission that any role holds, by role; conditions as footnotes in words and as written. */
export function permissionMatrix(context: RenderContext): Block[] {
  const { policy, compiled, words, frame, language } = context
  const roles = policy.roles.map(({ name }) => compiled.roles.get(name) as CompiledRole)
  const footnotes = new Footnotes()
  const rows = groups(context).flatMap(([resource, permissions]): Row[] => {
    const granted = permissions.filter(({ index }) =>
      roles.some((role) => hasBit(role.allow, index) || hasBit(role.conditional, index)),
    )
    if (granted.length === 0) return []
    return [
      { group: groupTitle(context, resource) },
      ...granted.map((permission) => ({
        cells: [
          permissionLabel(context, permission.name),
          ...roles.map((role) => cell(context, role, permission, footnotes)),
        ],
      })),
    ]
  })
  const matrix: Block = {
    kind: 'table',
    caption: frame.matrix.caption,
    head: [[frame.matrix.permission], ...policy.roles.map((role) => [words.text(role.title)])],
    rows,
    centered: true,
  }
  const notes = footnotes.conditions().map((condition): Line => {
    const plain = conditionInWords(condition, language)
    return [...prose(frame.where(plain)), ' ', { code: condition }]
  })
  return [
    { kind: 'paragraph', line: [frame.matrix.intro] },
    matrix,
    ...(notes.length > 0
      ? ([
          { kind: 'paragraph', line: [frame.matrix.footnotes] },
          { kind: 'list', items: notes, ordered: true },
        ] as const)
      : []),
  ]
}

/** Applications that share the sign-on. */
export function applicationsTable({ policy, words, frame }: RenderContext): Block[] {
  const entries = Object.entries(policy.applications)
  if (entries.length === 0) return []
  const [caption, application, purpose, works] = frame.applications
  return [
    {
      kind: 'table',
      caption,
      head: [[application], [purpose], [works]],
      rows: entries.map(([name, { title, description, resources }]) => ({
        cells: [
          [words.text(title ?? name)],
          description === undefined ? [frame.roles.none] : prose(words.text(description)),
          codes(resources),
        ],
      })),
    },
  ]
}
