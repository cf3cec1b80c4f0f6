/** Which rule answers which clause, third parties, attested statements. @module */
import { type Control, controls, findControl, frameworkNames } from '../../controls/index.ts'
import { type Block, type Inline, type Line, prose } from '../blocks.ts'
import type { RenderContext } from '../context.ts'

export function applicableControls({ policy }: RenderContext): Control[] {
  return controls.filter((control) => control.applies(policy))
}

function controlTable(context: RenderContext): Block {
  const { frame, language } = context
  const label = frame.mapping
  return {
    kind: 'table',
    caption: label.caption,
    head: [[label.rule], ...frameworkNames.map((name) => [frame.frameworks[name]]), [label.state]],
    rows: applicableControls(context).map((control) => ({
      cells: [
        [control.title[language], ' ', { code: control.id }],
        ...frameworkNames.map((name): Line => [control.mapping[name].join(', ') || frame.roles.none]),
        control.enforcement === 'enforced'
          ? [label.enforced]
          : [{ mark: 'declared' as const, text: label.declared }],
      ],
    })),
  }
}

function metBy(
  context: RenderContext,
  clause: { controls: readonly string[]; statements: readonly string[] },
) {
  const { policy, words, frame, language } = context
  const rules = clause.controls.map((id): Inline[] => {
    const control = findControl(id)
    if (!control) return [{ code: id }]
    const title = control.title[language]
    return control.enforcement === 'enforced'
      ? [title]
      : [`${title} (`, { mark: 'declared', text: frame.mapping.declared }, ')']
  })
  const statements = clause.statements.map((id): Inline[] => {
    const statement = policy.statements.find((candidate) => candidate.id === id)
    const title = statement ? words.text(statement.title ?? statement.id) : id
    return [`${title} (`, { mark: 'attested', text: frame.mapping.attested }, ')']
  })
  return [...rules, ...statements].flatMap((part, i) => (i === 0 ? part : ['; ', ...part]))
}

/** Clauses that the policy names itself, per framework. */
function clauseTables(context: RenderContext): Block[] {
  const { policy, words, frame } = context
  const label = frame.mapping
  return Object.entries(policy.frameworks).flatMap(([name, { title, clauses }]): Block[] => {
    const entries = Object.entries(clauses)
    if (entries.length === 0) return []
    const known = frameworkNames.find((framework) => framework === name)
    const framework = title ? words.text(title) : known ? frame.frameworks[known] : name
    return [
      {
        kind: 'table',
        caption: frame.clauseCaption(framework),
        head: [[label.clause], [label.metBy], [label.note]],
        rows: entries.map(([id, clause]) => ({
          cells: [
            [clause.title ? `${id} ${words.text(clause.title)}` : id],
            metBy(context, clause),
            clause.notApplicable
              ? [`${label.notApplicable}: ${words.text(clause.notApplicable)}`]
              : clause.note
                ? prose(words.text(clause.note))
                : [frame.roles.none],
          ],
        })),
      },
    ]
  })
}

export function complianceBlocks(context: RenderContext): Block[] {
  return [controlTable(context), ...clauseTables(context)]
}

/** Every statement with its owner and interval; where there is none, that is said. */
export function attestedBlocks({ policy, words, frame }: RenderContext): Block[] {
  const label = frame.attested
  if (policy.statements.length === 0) return [{ kind: 'paragraph', line: [label.none] }]
  return [
    { kind: 'paragraph', line: [label.intro] },
    {
      kind: 'table',
      caption: label.caption,
      head: [[label.statement], [label.owner], [label.interval], [label.clauses]],
      rows: policy.statements.map(({ id, title, text, owner, attestSeconds, clauses }) => ({
        cells: [
          [{ strong: words.text(title ?? id) }, ': ', ...prose(words.text(text))],
          [words.text(owner)],
          [words.every(attestSeconds)],
          [clauses.join(', ') || frame.roles.none],
        ],
      })),
    },
  ]
}

/** The register, one column a third party. */
export function thirdPartyTable({ policy, words, frame }: RenderContext): Block[] {
  const { thirdParties } = policy
  if (thirdParties.length === 0) return []
  const label = frame.thirdParties
  type Entry = (typeof thirdParties)[number]
  const row = (name: string, value: (entry: Entry) => string | undefined) => ({
    cells: [[name], ...thirdParties.map((entry): Line => prose(value(entry) ?? frame.notStated))],
  })
  const text = (value: Entry['title']) => value && words.text(value)
  return [
    {
      kind: 'table',
      caption: label.caption,
      head: [[], ...thirdParties.map(({ name, title }) => [words.text(title ?? name)])],
      rows: [
        row(label.service, (entry) => text(entry.service)),
        row(label.access, (entry) => text(entry.access)),
        row(label.controls, ({ controls: list }) =>
          list.length > 0 ? words.list(list.map((name) => frame.thirdPartyControls[name])) : undefined,
        ),
        row(label.need, (entry) => text(entry.need)),
        row(label.agreement, (entry) => text(entry.agreement)),
        row(label.assessment, (entry) => text(entry.assessment)),
        row(label.minimum, (entry) => text(entry.minimum)),
        row(label.owner, (entry) => text(entry.owner)),
        row(label.review, (entry) => words.every(entry.reviewSeconds)),
      ],
    },
  ]
}
