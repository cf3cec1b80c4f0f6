/**
 * The six applications of a platform behind one sign-on. Each is its own client of Writ, on an address of its own, with a
 * cookie of its own; nothing is shared between them but where Writ is.
 *
 * @module
 */
import { Application } from './application.ts'
import { accounting } from './applications/accounting.ts'
import { backOffice } from './applications/back-office.ts'
import { livestock } from './applications/livestock.ts'
import { pointOfSale } from './applications/point-of-sale.ts'
import { restaurant } from './applications/restaurant.ts'
import { storefront } from './applications/storefront.ts'
import type { ApplicationDefinition } from './definition.ts'

export type { Application } from './application.ts'
export type { ApplicationDefinition } from './definition.ts'

export const applications: readonly ApplicationDefinition[] = [
  backOffice,
  pointOfSale,
  livestock,
  restaurant,
  storefront,
  accounting,
]

/** What an application was registered with. */
export interface Registered {
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
}

export interface BusinessManagerOptions {
  readonly writUrl: string
  /** Credential by which the six ask for decisions. */
  readonly writKey: string
  /** By the application's name. */
  readonly registered: Readonly<Record<string, Registered>>
}

/** The addresses that an application at `url` is registered with. */
export function addressesOf(url: string) {
  return {
    redirectUris: [`${url}/callback`],
    postLogoutUris: [`${url}/signed-out`],
    backchannelUri: `${url}/back-channel-logout`,
  }
}

/** Starts all six; on a failure none is left running. */
export async function startBusinessManager(options: BusinessManagerOptions): Promise<Application[]> {
  const { writUrl, writKey, registered } = options
  const neighbours = applications.map(({ name, title }) => ({ title, url: registered[name]!.url }))
  const started = await Promise.allSettled(
    applications.map((definition) =>
      Application.start(definition, { writUrl, writKey, neighbours, ...registered[definition.name]! }),
    ),
  )
  const running = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const failure = started.find((each) => each.status === 'rejected')
  if (!failure) return running
  await Promise.all(running.map((application) => application.stop()))
  throw failure.reason
}
