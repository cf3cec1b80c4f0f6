/** The document as GitHub-flavoured Markdown. @module */
import type { Block, Inline, Line, PolicyDocument, Row } from './blocks.ts'

/** Text that Markdown reads as nothing but text, wherever it stands on a line. */
function escapeText(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\\`*[\]<>|~]|&(?=#?\w+;)/g, '\\$&')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
}

/** A line must not begin like a heading, a list or a rule. */
function escapeStart(line: string): string {
  return line.replace(/^(\s*)([#+=-])/, '$1\\$2').replace(/^(\s*\d+)([.)])(?=\s|$)/, '$1\\$2')
}

/** A code span; a pipe would end the cell of a table even inside one. */
function code(text: string, inTable: boolean): string {
  const content = text.replace(/\s+/g, ' ')
  const longest = Math.max(0, ...[...content.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  const pad = longest > 0 ? ' ' : ''
  const span = `${fence}${pad}${content}${pad}${fence}`
  return inTable ? span.replaceAll('|', '\\|') : span
}

function inline(part: Inline, inTable: boolean): string {
  if (typeof part === 'string') return escapeText(part)
  if ('code' in part) return code(part.code, inTable)
  if ('strong' in part) return `**${escapeText(part.strong).trim()}**`
  if ('symbol' in part) return escapeText(part.symbol)
  return `*[${escapeText(part.text).trim()}]*`
}

function line(parts: Line, inTable = false): string {
  return parts.map((part) => inline(part, inTable)).join('')
}

function tableRow(row: Row, columns: number): string {
  const cells = 'group' in row ? [row.group, ...Array<Line>(columns - 1).fill([])] : row.cells
  return `| ${cells.map((cell) => line(cell, true)).join(' | ')} |`
}

function block(node: Block): string {
  switch (node.kind) {
    case 'heading':
      return `### ${line(node.line)}`
    case 'paragraph':
      return escapeStart(line(node.line))
    case 'list':
      return node.items
        .map((item, i) => `${node.ordered ? `${i + 1}.` : '-'} ${escapeStart(line(item))}`)
        .join('\n')
    case 'table': {
      const columns = node.head.length
      const rule = node.head.map((_, i) => (node.centered && i > 0 ? ':-:' : '---'))
      return [
        `**${escapeText(node.caption)}**`,
        '',
        `| ${node.head.map((cell) => line(cell, true)).join(' | ')} |`,
        `| ${rule.join(' | ')} |`,
        ...node.rows.map((row) => tableRow(row, columns)),
      ].join('\n')
    }
  }
}

/** Ends with one newline. */
export function toMarkdown(document: PolicyDocument): string {
  const parts = [
    `# ${escapeText(document.title)}`,
    ...(document.subtitle === '' ? [] : [`**${escapeText(document.subtitle)}**`]),
    [
      `| ${escapeText(document.factsTitle)} | |`,
      '| --- | --- |',
      ...document.facts.map(([label, value]) => `| ${escapeText(label)} | ${line(value, true)} |`),
    ].join('\n'),
    ...document.sections.flatMap((section) => [
      `## ${escapeText(section.title)}`,
      ...section.blocks.map(block),
    ]),
  ]
  return `${parts.join('\n\n')}\n`
}
