/** The document as sections and blocks, in the order it is read. @module */
import { type Section, sections } from '../controls/index.ts'
import type { Statement } from '../model.ts'
import { type Block, type DocumentSection, type PolicyDocument, paragraph, prose } from './blocks.ts'
import type { RenderContext } from './context.ts'
import { applicableControls, attestedBlocks, complianceBlocks, thirdPartyTable } from './parts/compliance.ts'
import { documentFacts, historyBlocks } from './parts/facts.ts'
import { applicationsTable, permissionMatrix, rolesTable } from './parts/roles.ts'

function statementBlocks({ words, frame }: RenderContext, statements: readonly Statement[]): Block[] {
  return statements.flatMap(({ id, title, text, owner, attestSeconds }): Block[] => [
    {
      kind: 'heading',
      id: `statement-${id}`,
      line: [
        words.text(title ?? id),
        ' ',
        { mark: 'attested', text: frame.attestedBy(words.text(owner), words.every(attestSeconds)) },
      ],
    },
    paragraph(words.text(text)),
  ])
}

function controlBlocks(context: RenderContext, section: Section): Block[] {
  const { policy, language, frame } = context
  return applicableControls(context)
    .filter((control) => control.section === section)
    .flatMap((control): Block[] => {
      const sentences = control.statement(policy, language)
      return [
        {
          kind: 'heading',
          id: control.id,
          line:
            control.enforcement === 'declared'
              ? [control.title[language], ' ', { mark: 'declared', text: frame.declared }]
              : [control.title[language]],
        },
        control.layout === 'list'
          ? { kind: 'list', items: sentences.map(prose) }
          : paragraph(sentences.join(' ')),
      ]
    })
}

/** Statements without a section, or with one of no control, stand under the surroundings. */
function statementsOf({ policy }: RenderContext, section: Section | 'purpose'): Statement[] {
  const known: readonly string[] = [...sections, 'purpose']
  return policy.statements.filter(({ section: given }) =>
    given !== undefined && known.includes(given) ? given === section : section === 'compliance',
  )
}

function readingBlocks(context: RenderContext): Block[] {
  const { frame, policy } = context
  const all = applicableControls(context)
  const declared = all.filter(({ enforcement }) => enforcement === 'declared').length
  return [
    {
      kind: 'list',
      items: [
        [frame.reading.enforced],
        [{ mark: 'declared', text: frame.declared }, ' ', frame.reading.declared],
        [{ mark: 'attested', text: frame.attestedMark }, ' ', frame.reading.attested],
      ],
    },
    paragraph(frame.counts(all.length - declared, declared, policy.statements.length)),
  ]
}

function opening(context: RenderContext): DocumentSection[] {
  const { policy, words, frame } = context
  const texts = [policy.purpose ?? policy.description ?? []].flat().map((text) => paragraph(words.text(text)))
  const scope: Block[] = [
    ...(policy.appliesTo.length > 0
      ? ([
          paragraph(frame.appliesTo),
          { kind: 'list', items: policy.appliesTo.map((text) => prose(words.text(text))) },
        ] as const)
      : []),
    ...applicationsTable(context),
  ]
  return [
    {
      id: 'purpose',
      title: frame.sections.purpose,
      blocks: [...texts, ...statementBlocks(context, statementsOf(context, 'purpose'))],
    },
    { id: 'scope', title: frame.sections.scope, blocks: scope },
    { id: 'reading', title: frame.sections.reading, blocks: readingBlocks(context) },
  ]
}

/** What stands in a section before its rules. */
function lead(context: RenderContext, section: Section): Block[] {
  const { policy, words } = context
  if (section === 'roles') return [rolesTable(context)]
  if (section === 'thirdParties') return thirdPartyTable(context)
  if (section === 'principles' && policy.principles.length > 0) {
    const items = policy.principles.map(({ title, text }) => [
      { strong: words.text(title) },
      ': ',
      ...prose(words.text(text)),
    ])
    return [{ kind: 'list', items }]
  }
  return []
}

function body(context: RenderContext): DocumentSection[] {
  const { frame } = context
  return sections.flatMap((id): DocumentSection[] => {
    const section: DocumentSection = {
      id,
      title: frame.sections[id],
      blocks: [
        ...lead(context, id),
        ...controlBlocks(context, id),
        ...statementBlocks(context, statementsOf(context, id)),
      ],
    }
    if (id !== 'roles') return [section]
    return [section, { id: 'matrix', title: frame.sections.matrix, blocks: permissionMatrix(context) }]
  })
}

function closing(context: RenderContext): DocumentSection[] {
  const { policy, words, frame } = context
  const responsibilities: Block[] =
    policy.responsibilities.length === 0
      ? []
      : [
          paragraph(frame.responsibilities),
          { kind: 'list', items: policy.responsibilities.map((text) => prose(words.text(text))) },
        ]
  return [
    { id: 'mapping', title: frame.sections.mapping, blocks: complianceBlocks(context) },
    { id: 'attested', title: frame.sections.attested, blocks: attestedBlocks(context) },
    { id: 'responsibilities', title: frame.sections.responsibilities, blocks: responsibilities },
    { id: 'history', title: frame.sections.history, blocks: historyBlocks(context) },
  ]
}

/** Numbers sections and the headings inside them, so that a clause of the document can be cited. */
function numbered(all: readonly DocumentSection[]): DocumentSection[] {
  return all
    .filter(({ blocks }) => blocks.length > 0)
    .map((section, i) => {
      let heading = 0
      return {
        ...section,
        title: `${i + 1}. ${section.title}`,
        blocks: section.blocks.map((block) => {
          if (block.kind !== 'heading') return block
          heading += 1
          return { ...block, line: [`${i + 1}.${heading} `, ...block.line] }
        }),
      }
    })
}

export function policyDocument(context: RenderContext): PolicyDocument {
  const { policy, words, frame, language } = context
  return {
    language,
    direction: language === 'he' ? 'rtl' : 'ltr',
    title: words.text(policy.title),
    subtitle: [policy.product && words.text(policy.product), policy.company].filter(Boolean).join(' · '),
    contents: frame.contents,
    factsTitle: frame.documentControl,
    facts: documentFacts(context),
    sections: numbered([...opening(context), ...body(context), ...closing(context)]),
  }
}
