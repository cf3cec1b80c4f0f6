/**
 * A load generator for loopback: one request in flight a connection, as many connections as asked for.
 *
 * It is our own because on two cores the generator takes its processor time from the server it measures: written on
 * plain sockets it leaves the server more than the usual programs do, and the requests may depend on earlier answers.
 *
 * @module
 */
import { connect, type Socket } from 'node:net'

export interface Load {
  readonly port: number
  readonly connections: number
  readonly seconds: number
  /** The next request of a connection: {@link request} built it. Gets the body of that connection's last answer. */
  next(connection: number, lastBody: string | undefined): Buffer
  /** Whether `next` looks at bodies; otherwise they are not decoded. */
  readonly readsBodies?: boolean
  /** Default 200. */
  readonly expects?: number
}

export interface LoadResult {
  readonly perSecond: number
  readonly p50: number
  /** Milliseconds; of all answers. */
  readonly p99: number
}

/** The bytes of a request, built once and sent many times. */
export function request(
  method: string,
  path: string,
  options: { headers?: Record<string, string>; body?: unknown } = {},
): Buffer {
  const body = options.body === undefined ? '' : JSON.stringify(options.body)
  const headers = {
    host: '127.0.0.1',
    ...options.headers,
    ...(body === ''
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
}

/**
 * Loads a server for a while. @throws Error at the first answer of another status than expected, with its body: what
 * is refused quickly must not count as served quickly
 */
export async function load(load: Load): Promise<LoadResult> {
  const latencies: number[] = []
  const end = performance.now() + load.seconds * 1000
  const started = performance.now()
  await Promise.all(Array.from({ length: load.connections }, (_, i) => drive(load, i, end, latencies)))
  const seconds = (performance.now() - started) / 1000
  latencies.sort((a, b) => a - b)
  const at = (share: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0
  return { perSecond: latencies.length / seconds, p50: at(0.5), p99: at(0.99) }
}

function drive(
  { port, next, readsBodies, expects = 200 }: Load,
  connection: number,
  end: number,
  latencies: number[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let sentAt = 0
    const send = (body: string | undefined) => {
      // Asked for even when time is up: the caller may need the last answer.
      const bytes = next(connection, body)
      sentAt = performance.now()
      if (sentAt >= end) {
        socket.destroy()
        resolve()
        return
      }
      socket.write(bytes)
    }
    const answers = new AnswerReader()
    socket.on('connect', () => send(undefined))
    socket.on('data', (chunk) => {
      if (!answers.add(chunk)) return
      latencies.push(performance.now() - sentAt)
      if (answers.status !== expects) {
        socket.destroy()
        reject(new Error(`answered ${answers.status} instead of ${expects}: ${answers.body().slice(0, 500)}`))
        return
      }
      const body = readsBodies ? answers.body() : undefined
      answers.reset()
      send(body)
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the server closed a connection under load')))
  })
}

const HEAD_END = Buffer.from('\r\n\r\n')
const CHUNKED_END = Buffer.from('0\r\n\r\n')

/** Finds the end of one HTTP/1.1 answer: enough of the format for servers that behave. */
class AnswerReader {
  status = 0
  #bytes: Buffer | undefined
  #bodyAt = 0

  /** True once the answer is whole. */
  add(chunk: Buffer): boolean {
    const bytes = this.#bytes ? Buffer.concat([this.#bytes, chunk]) : chunk
    this.#bytes = bytes
    const headEnd = bytes.indexOf(HEAD_END)
    if (headEnd < 0) return false
    this.#bodyAt = headEnd + 4
    const head = bytes.toString('latin1', 0, headEnd).toLowerCase()
    this.status = Number(head.slice(9, 12))
    const at = head.indexOf('\r\ncontent-length:')
    if (at >= 0) return bytes.length >= this.#bodyAt + Number.parseInt(head.slice(at + 17), 10)
    if (this.status === 204 || this.status === 304) return true
    return bytes.subarray(-CHUNKED_END.length).equals(CHUNKED_END)
  }

  body(): string {
    return this.#bytes?.toString('utf8', this.#bodyAt) ?? ''
  }

  reset(): void {
    this.#bytes = undefined
  }
}
