/** A condition in plain words, for readers who do not know CEL. @module */
import { Environment } from '@marcbachmann/cel-js'
import type { Language } from '../controls/index.ts'

interface Node {
  readonly op: string
  readonly args: unknown
}

interface Phrases {
  attribute(name: string): string
  fromContext(name: string): string
  readonly subject: Readonly<Record<string, string>>
  readonly now: string
  readonly operators: Readonly<Record<string, string>>
  readonly and: string
  either(sides: readonly string[]): string
  not(inner: string): string
  holds(path: string): string
}

const phrases: Readonly<Record<Language, Phrases>> = {
  en: {
    attribute: (name) => `the \`${name}\` of the resource`,
    fromContext: (name) => `the \`${name}\` of the request`,
    subject: {
      id: "the user's own id",
      roles: "the user's roles",
      organization: "the user's organization",
    },
    now: 'the present moment',
    operators: {
      '==': 'is',
      '!=': 'is not',
      '<': 'is below',
      '<=': 'is at most',
      '>': 'is above',
      '>=': 'is at least',
      in: 'is among',
    },
    and: ' and ',
    either: (sides) => `either ${sides.join(' or ')}`,
    not: (inner) => `it is not the case that ${inner}`,
    holds: (path) => `${path} is true`,
  },
  he: {
    attribute: (name) => `המאפיין \`${name}\` של המשאב`,
    fromContext: (name) => `הערך \`${name}\` של הבקשה`,
    subject: { id: 'המזהה של המשתמש עצמו', roles: 'תפקידי המשתמש', organization: 'הארגון של המשתמש' },
    now: 'הרגע הנוכחי',
    operators: {
      '==': 'הוא',
      '!=': 'אינו',
      '<': 'קטן מן',
      '<=': 'הוא לכל היותר',
      '>': 'גדול מן',
      '>=': 'הוא לפחות',
      in: 'נמצא בין',
    },
    and: ' וגם ',
    either: (sides) => sides.join(' או '),
    not: (inner) => `לא מתקיים ש${inner}`,
    holds: (path) => `מתקיים ${path}`,
  },
}

const environment = new Environment({ unlistedVariablesAreDyn: true })

/** The words, undefined where the condition is beyond comparisons of attributes, and, or, not. */
export function conditionInWords(source: string, language: Language): string | undefined {
  try {
    return sentence(environment.parse(source).ast, phrases[language])
  } catch {
    return undefined
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'op' in value
}

function sentence(node: unknown, say: Phrases): string | undefined {
  if (!isNode(node)) return undefined
  if (node.op === '!_') {
    const inner = sentence(node.args, say)
    return inner && say.not(inner)
  }
  if (node.op === '&&' || node.op === '||') {
    const sides = (node.args as unknown[]).map((side) => sentence(side, say))
    if (sides.includes(undefined)) return undefined
    return node.op === '&&' ? sides.join(say.and) : say.either(sides as string[])
  }
  const operator = say.operators[node.op]
  if (operator !== undefined) {
    const [left, right] = (node.args as unknown[]).map((side) => value(side, say))
    return left && right && `${left} ${operator} ${right}`
  }
  const path = value(node, say)
  return path && say.holds(path)
}

function value(node: unknown, say: Phrases): string | undefined {
  if (!isNode(node)) return undefined
  if (node.op === 'value') {
    const literal = node.args
    return typeof literal === 'string' ? `“${literal}”` : `\`${String(literal)}\``
  }
  if (node.op === 'id') return node.args === 'now' ? say.now : undefined
  if (node.op !== '.') return undefined
  const [base, name] = node.args as [unknown, string]
  if (!isNode(base) || base.op !== 'id') return undefined
  if (base.args === 'resource') return say.attribute(name)
  if (base.args === 'context') return say.fromContext(name)
  return base.args === 'subject' ? say.subject[name] : undefined
}
