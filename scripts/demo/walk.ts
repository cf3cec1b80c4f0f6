/**
 * A walk: numbered steps, each an HTTP exchange that is printed as it went and compared with what was promised.
 *
 * @module
 */
import { styleText } from 'node:util'

export interface Exchange {
  readonly method: string
  /** Absolute. */
  readonly url: string
  /** Name of who asks, for the reader. */
  readonly as?: string
  readonly token?: string | undefined
  readonly body?: unknown
}

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: the walk reads what it promises and stops where it is not there
  readonly body: any
  readonly text: string
}

/** The walk did not go as promised. */
export class WalkFailed extends Error {
  override readonly name = 'WalkFailed'
}

const WIDTH = 100

export class Walk {
  #step = 0
  readonly #color = process.stdout.isTTY && !process.env['NO_COLOR']

  /** Begins a step. */
  step(title: string): void {
    this.#step++
    this.#print(`\n${this.#paint('bold', `${String(this.#step).padStart(2)}  ${title}`)}`)
  }

  note(text: string): void {
    for (const line of wrap(text, WIDTH - 4)) this.#print(`    ${this.#paint('dim', line)}`)
  }

  /** Sends, prints, and compares the status. @throws WalkFailed */
  async exchange(
    exchange: Exchange,
    expected: number,
    show: (answer: Answer) => string = summary,
  ): Promise<Answer> {
    const answer = await send(exchange)
    const went = answer.status === expected
    const address = exchange.url.replace(/^https?:\/\/[^/]+/, '')
    const who = exchange.as === undefined ? '' : `   ${this.#paint('dim', `as ${exchange.as}`)}`
    this.#print(`    ${exchange.method} ${shorten(address, 72)}${who}`)
    const color = answer.status < 300 ? 'green' : answer.status < 500 ? 'yellow' : 'red'
    for (const [i, line] of wrap(show(answer), WIDTH - 9).entries()) {
      this.#print(`    ${i === 0 ? this.#paint(color, String(answer.status)) : '   '}  ${line}`)
    }
    if (!went)
      throw new WalkFailed(
        `${exchange.method} ${address} should have answered ${expected}, not ${answer.status}: ${answer.text.slice(0, 500)}`,
      )
    return answer
  }

  /** Says that something holds, or stops. @throws WalkFailed */
  holds(sentence: string, condition: boolean): void {
    if (!condition) throw new WalkFailed(`it should hold that ${sentence}`)
    this.#print(`    ${this.#paint('green', '✓')}  ${sentence}`)
  }

  #print(text: string): void {
    process.stdout.write(`${text}\n`)
  }

  #paint(style: 'bold' | 'dim' | 'green' | 'yellow' | 'red', text: string): string {
    return this.#color ? styleText(style, text, { validateStream: false }) : text
  }
}

/** Sends without printing. */
export async function send({ method, url, token, body }: Exchange): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(20_000),
  })
  const text = await response.text()
  const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '')
  return { status: response.status, body: isJson && text !== '' ? JSON.parse(text) : undefined, text }
}

/** A refusal in its own words; of anything else, a taste. */
function summary({ body, text }: Answer): string {
  if (text === '') return 'done'
  if (body?.code)
    return [body.code, body.reason ? `(${body.reason})` : '', '·', body.detail].filter(Boolean).join(' ')
  return shorten(body === undefined ? text.split('\n')[0]! : JSON.stringify(body), 84)
}

function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = ['']
  for (const word of text.split(' ')) {
    const last = lines.at(-1)!
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
  }
  return lines
}
