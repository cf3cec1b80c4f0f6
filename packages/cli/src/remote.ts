/** Reading from a server, with the token of the environment. @module */
import { exitCodes } from './exit-codes.ts'
import { Failure, systemReason, usageFailure } from './failure.ts'
import type { OpenedFile } from './files.ts'
import type { Io } from './io.ts'

export function isUrl(text: string): boolean {
  return /^https?:\/\//i.test(text)
}

/**
 * Opens what an address answers. The token goes to that address only: a redirect to another host is refused, since
 * it would hand the token on.
 *
 * @throws Failure
 */
export async function download(io: Io, address: string): Promise<OpenedFile> {
  if (!URL.canParse(address)) throw usageFailure(`${address} is not an address.`)
  const token = io.env['WRIT_TOKEN']
  let response: Response
  try {
    response = await fetch(address, {
      redirect: 'error',
      headers: { accept: 'application/x-ndjson', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    })
  } catch (error) {
    const cause = (error as { cause?: unknown }).cause ?? error
    throw new Failure(
      exitCodes.usage,
      'server_unreachable',
      `${address} cannot be read: ${systemReason(cause)}.`,
      { cause: error },
    )
  }
  if (!response.ok || !response.body) throw await refusal(response, address, token !== undefined)
  const length = Number(response.headers.get('content-length'))
  return { name: address, size: length > 0 ? length : undefined, chunks: readBody(response.body, address) }
}

async function* readBody(body: ReadableStream<Uint8Array>, address: string): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value
  } catch (cause) {
    throw new Failure(exitCodes.usage, 'server_unreachable', `${address} broke off while it was read.`, {
      cause,
    })
  } finally {
    reader.releaseLock()
    await body.cancel().catch(() => {})
  }
}

/** The server's own words where it answered with a problem (RFC 9457). */
async function refusal(response: Response, address: string, hasToken: boolean): Promise<Failure> {
  const problem = (await response.json().catch(() => ({}))) as {
    code?: string
    title?: string
    detail?: string
    requestId?: string
  }
  const said = problem.detail ?? problem.title ?? `status ${response.status}`
  const hint =
    response.status === 401 && !hasToken
      ? 'Set WRIT_TOKEN to an access token that may export the log.'
      : undefined
  const facts = { status: response.status, ...(problem.requestId && { requestId: problem.requestId }) }
  return new Failure(
    exitCodes.usage,
    problem.code ?? 'server_refused',
    `${address} answered ${response.status}: ${said}`,
    { hint, facts },
  )
}
