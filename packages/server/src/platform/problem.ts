/**
 * Refusals: the one error format (RFC 9457) and the headers every answer carries, also where no route was reached.
 *
 * @module
 */
import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { AppError, type FieldError, failures } from './errors.ts'

/** What every answer carries beside its request's id. */
export const PROTECTION = {
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

/** For Fastify's `frameworkErrors`: an address that cannot be decoded names nothing. No hook has run. */
export function refuseAddress(_error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  void reply.headers({ 'x-request-id': request.id, ...PROTECTION })
  problem(request, reply, failures.not_found())
}

/** For Fastify's `clientErrorHandler`: bytes that are no HTTP request, or headers beyond what node reads. */
export function refuseBytes(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const requestId = newRequestId()
  const refusal = failures.malformed_request()
  const body = JSON.stringify(problemBody(refusal, requestId))
  const headers = {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
    'x-request-id': requestId,
    ...PROTECTION,
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  const status = `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`
  if (socket.writable) socket.write([status, ...lines, '', body].join('\r\n'))
  socket.destroy(error)
}

/** Every request gets an id of ours: one from the client could be another request's. */
export function newRequestId(): string {
  return randomUUID()
}

/** What was thrown, as the failure that is answered. */
export function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  const { code, statusCode } = error as Partial<FastifyError>
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return failures.body_too_large()
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return failures.unsupported_media_type()
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return failures.malformed_json()
  return failures.internal({}, error)
}

/** Answers a failure; what is ours to repair is logged with its cause. */
export function problem(
  request: FastifyRequest,
  reply: FastifyReply,
  error: AppError,
  cause: unknown = error,
): FastifyReply {
  if (error.status >= 500)
    request.log.error({ err: error.cause ?? cause, requestId: request.id }, 'request failed')
  if (error.status === 503 || error.status === 429)
    reply.header('retry-after', String(error.particulars['retryAfterSeconds'] ?? 1))
  if (error.status === 401) reply.header('www-authenticate', 'Bearer realm="writ"')
  return reply
    .code(error.status)
    .type('application/problem+json')
    .serializer((value: unknown) => JSON.stringify(value))
    .send(problemBody(error, request.id))
}

function problemBody(error: AppError, requestId: string) {
  const { errors, ...facts } = error.particulars
  return {
    type: 'about:blank',
    title: STATUS_CODES[error.status] ?? 'Error',
    status: error.status,
    code: error.code,
    detail: error.message,
    requestId,
    ...facts,
    ...(errors ? { errors: errors.slice(0, 50).map(shortened) } : {}),
  }
}

/** A refusal names what was sent, and does not send it back at length. */
function shortened({ path, message }: FieldError): FieldError {
  return { path: path.slice(0, 200), message: message.length > 500 ? `${message.slice(0, 500)}…` : message }
}
