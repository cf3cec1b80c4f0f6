/**
 * The server's own log and metrics. Neither ever carries a password, a token or a key; metrics carry no label that
 * names a person (figures by user are a query, /audit/events).
 *
 * @module
 */
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'

/** A log of JSON lines, to standard output unless said otherwise. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level,
    redact: {
      paths: ['req.headers.authorization', 'req.headers.cookie', '*.password', '*.token', '*.secret'],
      censor: '[redacted]',
    },
    base: null,
  }
  return destination ? pino(options, destination) : pino(options)
}

export class Metrics {
  readonly registry = new Registry()
  readonly requests = this.#histogram('writ_http_request_duration_seconds', 'Duration of requests.', [
    'method',
    'route',
    'status',
  ])
  readonly signIns = this.#counter('writ_sign_ins_total', 'Sign-ins by result.', ['result'])
  readonly lockouts = this.#counter('writ_lockouts_total', 'Accounts locked after failed sign-ins.', [])
  readonly refreshes = this.#counter('writ_token_refreshes_total', 'Refresh tokens presented, by result.', [
    'result',
  ])
  readonly mails = this.#counter('writ_mails_total', 'Attempts to send a mail, by what became of it.', [
    'result',
  ])
  readonly decisions = this.#counter('writ_decisions_total', 'Decisions by answer and reason.', [
    'allowed',
    'reason',
  ])

  constructor() {
    collectDefaultMetrics({ register: this.registry })
  }

  #counter<L extends string>(name: string, help: string, labelNames: L[]): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.registry] })
  }

  #histogram<L extends string>(name: string, help: string, labelNames: L[]): Histogram<L> {
    return new Histogram({
      name,
      help,
      labelNames,
      registers: [this.registry],
      buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3],
    })
  }
}
