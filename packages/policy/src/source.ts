/**
 * Reads YAML that a stranger may have written: bounded in size and depth, without aliases, merge keys, tags
 * or repeated keys, so that what a reader sees is what the policy says. Every value keeps its place.
 *
 * @module
 */
import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml'
import type { Problem } from './model.ts'

const MAX_LENGTH = 256_000
const MAX_DEPTH = 24

export type Path = readonly (string | number)[]

/** A file that could be read as YAML. */
export interface SourceFile {
  readonly file?: string
  readonly value: unknown
  /** A scalar as the author wrote it: `1.0`, not the number 1. */
  literal(path: Path): string | undefined
  /** A problem at the place of a path; `onKey` points at the key instead of its value. */
  problem(path: Path, message: string, options?: { hint?: string | undefined; onKey?: boolean }): Problem
}

/** Writes a path as an author would: `roles.admin.allow[2]`. */
export function formatPath(path: Path): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  )
}

function keyText(key: unknown): string {
  return String(isScalar(key) ? key.value : key)
}

/** The node at a path, or the nearest one above that exists. */
function nodeAt(root: Node | null, path: Path, onKey: boolean): Node | null {
  let node = root
  for (const [depth, part] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find((item) => keyText(item.key) === String(part))
      if (!pair) return node
      const key = pair.key as Node
      if (onKey && depth === path.length - 1) return key
      node = isNode(pair.value) ? pair.value : key
    } else if (isSeq(node)) {
      const item = node.items[Number(part)]
      if (!isNode(item)) return node
      node = item
    } else {
      return node
    }
  }
  return node
}

type Parsed = { ok: true; source: SourceFile } | { ok: false; problems: Problem[] }

/** Reads a YAML file. All problems of the YAML itself are reported together; never throws. */
export function readSource(source: string, file?: string): Parsed {
  const named = file === undefined ? {} : { file }
  const at = (line: number, column: number, message: string, hint?: string, path = ''): Problem => ({
    ...named,
    line,
    column,
    path,
    message,
    ...(hint !== undefined && { hint }),
  })
  if (source.length > MAX_LENGTH) {
    return {
      ok: false,
      problems: [
        at(
          1,
          1,
          `The file is larger than ${MAX_LENGTH / 1000} KB.`,
          'A policy is a document: a few hundred lines.',
        ),
      ],
    }
  }
  const deep = tooDeep(source)
  if (deep)
    return {
      ok: false,
      problems: [at(deep.line, deep.column, `Brackets nest deeper than ${MAX_DEPTH} levels.`)],
    }

  try {
    return parse(source, at, named)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { ok: false, problems: [at(1, 1, `The file cannot be read as YAML: ${reason}`)] }
  }
}

/** A cheap count of open brackets before the parser, which recurses, sees them. Brackets in text count too. */
function tooDeep(source: string): { line: number; column: number } | undefined {
  let depth = 0
  let line = 1
  let lineStart = 0
  for (let i = 0; i < source.length; i++) {
    const character = source.charCodeAt(i)
    if (character === 10) {
      line++
      lineStart = i + 1
    } else if (character === 91 || character === 123) {
      if (++depth > MAX_DEPTH * 4) return { line, column: i - lineStart + 1 }
    } else if ((character === 93 || character === 125) && depth > 0) depth--
  }
  return undefined
}

type At = (line: number, column: number, message: string, hint?: string, path?: string) => Problem

function parse(source: string, at: At, named: { file?: string }): Parsed {
  const lines = new LineCounter()
  const document = parseDocument(source, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    merge: false,
    version: '1.2',
    schema: 'core',
    stringKeys: true,
  })
  const problems = [...document.errors, ...document.warnings].map((issue) => {
    const { line, col } = lines.linePos(issue.pos[0])
    return at(line, col, sentence(issue.code, issue.message), yamlHint(issue.code))
  })
  const place = (node: Node | null | undefined) => {
    const { line, col } = lines.linePos(node?.range?.[0] ?? 0)
    return [Math.max(line, 1), Math.max(col, 1)] as const
  }
  visit(document, {
    Node(_, node, ancestors) {
      if (isAlias(node) || ('anchor' in node && node.anchor)) {
        problems.push(
          at(
            ...place(node),
            'Anchors and aliases are not part of the policy language.',
            'Write the value out.',
          ),
        )
      } else if (node.tag?.startsWith('!') || (node.tag && !node.tag.startsWith('tag:yaml.org,2002:'))) {
        problems.push(
          at(...place(node), `The tag ${node.tag} is not part of the policy language.`, 'Leave the tag out.'),
        )
      }
      if (ancestors.filter((ancestor) => !isPair(ancestor)).length > MAX_DEPTH) {
        problems.push(at(...place(node), `Values nest deeper than ${MAX_DEPTH} levels.`))
        return visit.BREAK
      }
      return undefined
    },
    Pair(_, pair) {
      if (keyText(pair.key) === '<<') {
        problems.push(
          at(
            ...place(pair.key as Node),
            'Merge keys (<<) are not part of the policy language.',
            'Write the keys out.',
          ),
        )
      }
    },
  })
  if (problems.length > 0) return { ok: false, problems }

  const root = document.contents as Node | null
  return {
    ok: true,
    source: {
      ...named,
      value: document.toJS({ maxAliasCount: 0 }),
      literal: (path) => {
        const node = nodeAt(root, path, false)
        return isScalar(node) ? node.source : undefined
      },
      problem: (path, message, { hint, onKey = false } = {}) =>
        at(...place(nodeAt(root, path, onKey)), message, hint, formatPath(path)),
    },
  }
}

function sentence(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'This key stands here twice.'
  if (code === 'TAB_AS_INDENT') return 'A tab is used to indent.'
  if (code === 'MULTIPLE_DOCS') return 'The file holds several documents.'
  if (message.startsWith('Maximum call stack')) return `Values nest deeper than ${MAX_DEPTH} levels.`
  return `${message.replace(/\.$/, '')}.`
}

function yamlHint(code: string): string | undefined {
  if (code === 'DUPLICATE_KEY') return 'Keep one of the two; which one is meant cannot be guessed.'
  if (code === 'TAB_AS_INDENT') return 'YAML indents with spaces.'
  if (code === 'MULTIPLE_DOCS') return 'A policy is one document: remove the --- line.'
  return undefined
}
