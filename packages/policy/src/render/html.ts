/** The document as one standalone page: no script, nothing loaded from anywhere. @module */
import type { Block, Inline, Line, PolicyDocument, Row } from './blocks.ts'
import { style } from './style.ts'

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Safe as text and inside a quoted attribute. */
function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string)
}

function inline(part: Inline): string {
  if (typeof part === 'string') return escapeText(part)
  if ('code' in part) return `<code dir="ltr">${escapeText(part.code)}</code>`
  if ('strong' in part) return `<strong>${escapeText(part.strong)}</strong>`
  if ('symbol' in part) {
    return `<span aria-hidden="true">${escapeText(part.symbol)}</span><span class="spoken">${escapeText(part.label)}</span>`
  }
  return `<span class="mark ${part.mark}">${escapeText(part.text)}</span>`
}

function line(parts: Line): string {
  return parts.map(inline).join('')
}

function tableRow(row: Row, columns: number): string {
  if ('group' in row) {
    return `<tr class="group"><th scope="rowgroup" colspan="${columns}">${line(row.group)}</th></tr>`
  }
  const [first = [], ...rest] = row.cells
  return `<tr><th scope="row">${line(first)}</th>${rest.map((cell) => `<td>${line(cell)}</td>`).join('')}</tr>`
}

/** Groups are bodies of their own, so that a heading of one is announced with its rows only. */
function tableBodies(rows: readonly Row[], columns: number): string {
  const bodies: Row[][] = []
  for (const row of rows) {
    if ('group' in row || bodies.length === 0) bodies.push([])
    bodies.at(-1)?.push(row)
  }
  return bodies
    .map((body) => `<tbody>\n${body.map((row) => tableRow(row, columns)).join('\n')}\n</tbody>`)
    .join('\n')
}

function block(node: Block): string {
  switch (node.kind) {
    case 'heading':
      return `<h3 id="${escapeText(node.id)}">${line(node.line)}</h3>`
    case 'paragraph':
      return `<p>${line(node.line)}</p>`
    case 'list': {
      const tag = node.ordered ? 'ol' : 'ul'
      return `<${tag}>\n${node.items.map((item) => `<li>${line(item)}</li>`).join('\n')}\n</${tag}>`
    }
    case 'table': {
      const head = node.head.map((cell) =>
        cell.length === 0 ? '<td></td>' : `<th scope="col">${line(cell)}</th>`,
      )
      return [
        '<div class="wide">',
        `<table${node.centered ? ' class="centered"' : ''}>`,
        `<caption>${escapeText(node.caption)}</caption>`,
        `<thead><tr>${head.join('')}</tr></thead>`,
        tableBodies(node.rows, node.head.length),
        '</table>',
        '</div>',
      ].join('\n')
    }
  }
}

function facts({ factsTitle, facts: list }: PolicyDocument): string {
  const rows = list.map(
    ([label, value]) => `<tr><th scope="row">${escapeText(label)}</th><td>${line(value)}</td></tr>`,
  )
  return `<table class="facts">\n<caption>${escapeText(factsTitle)}</caption>\n<tbody>\n${rows.join('\n')}\n</tbody>\n</table>`
}

function contents(document: PolicyDocument): string {
  const entries = document.sections.map(
    ({ id, title }) => `<li><a href="#section-${escapeText(id)}">${escapeText(title)}</a></li>`,
  )
  return `<nav aria-labelledby="contents">\n<h2 id="contents">${escapeText(document.contents)}</h2>\n<ul>\n${entries.join('\n')}\n</ul>\n</nav>`
}

export function toHtml(document: PolicyDocument): string {
  const sections = document.sections.map(
    ({ id, title, blocks }) =>
      `<section aria-labelledby="section-${escapeText(id)}">\n<h2 id="section-${escapeText(id)}">${escapeText(title)}</h2>\n${blocks.map(block).join('\n')}\n</section>`,
  )
  const name = [document.title, document.subtitle].filter((text) => text !== '').join(' · ')
  return `<!doctype html>
<html lang="${escapeText(document.language)}" dir="${document.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(name)}</title>
<style>
${style}</style>
</head>
<body>
<header>
<h1>${escapeText(document.title)}</h1>
${document.subtitle === '' ? '' : `<p class="subtitle">${escapeText(document.subtitle)}</p>\n`}${facts(document)}
</header>
${contents(document)}
<main>
${sections.join('\n')}
</main>
</body>
</html>
`
}
