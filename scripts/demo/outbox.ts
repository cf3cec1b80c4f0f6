/** Mail as the demo reads it: there is no mail server, so it lies in the outbox. @module */
import type { RunningServer } from '@writ/server'
import { send, WalkFailed } from './walk.ts'

/** The token of the newest mail to an address that leads to a page of Writ's. @throws WalkFailed without one */
export async function mailedToken(server: RunningServer, email: string, page: string): Promise<string> {
  const url = `${server.publicUrl}/outbox`
  const { text: list } = await send({ method: 'GET', url })
  for (const row of list.split('<tr>').filter((part) => part.includes(email))) {
    const { text } = await send({ method: 'GET', url: `${url}/${/outbox\/([\w-]+)/.exec(row)?.[1]}` })
    const token = new RegExp(`/${page}\\?token=([\\w-]+)`).exec(text)?.[1]
    if (token !== undefined) return token
  }
  throw new WalkFailed(`there should be a mail to ${email} with a link to ${page}`)
}
