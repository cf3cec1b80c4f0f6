import { fromWire, toWire, type Uuid } from '#platform/ids'
import type { OperatorDatabase } from '#platform/operator'
import { errors } from '../catalog.ts'
import type { RegistrationInput, SignOnClient } from '../model/client.ts'
import { listClients } from '../queries.ts'
import { createClient } from './create-client.ts'
import { revokeClient } from './revoke-client.ts'

/** An application of the one sign-on as the operator sees it. */
export interface ClientView extends Omit<SignOnClient, 'id' | 'secretHash' | 'organizationId' | 'jwks'> {
  /** cli_…; the client_id. */
  readonly id: string
  /** org_…, or null: people of all organizations sign in. */
  readonly organization: string | null
}

/** What the operator does with applications of the one sign-on. */
export interface ClientActs {
  /**
   * The secret is in the answer this once, and undefined for one that has none.
   * @throws `organizations.not_found`, `invalid_input`
   */
  createClient(
    input: RegistrationInput & { readonly organization?: string | undefined },
  ): Promise<ClientView & { readonly secret: string | undefined }>
  /** All that were ever registered, oldest first. */
  clients(): Promise<readonly ClientView[]>
  /** @throws `sign_on.client_not_found`, `sign_on.client_already_revoked` */
  revokeClient(id: string): Promise<{ name: string }>
}

/** @param organizationOf the id of an organization by its slug; `platform` is the platform's own */
export function clientActs(
  operator: OperatorDatabase,
  by: string,
  organizationOf: (slug: string) => Promise<Uuid>,
): ClientActs {
  return {
    async createClient({ organization, ...input }) {
      const platform = await organizationOf('platform')
      const organizationId = organization === undefined ? undefined : await organizationOf(organization)
      const { client, secret } = await createClient(operator, {
        platform,
        by,
        input: { ...input, organizationId },
      })
      return { ...viewOf(client), secret }
    },
    async clients() {
      const platform = await organizationOf('platform')
      return (await operator.db.transaction(`org:${platform}`, listClients)).map(viewOf)
    },
    async revokeClient(wire) {
      const id = fromWire('cli', wire)
      if (id === undefined) throw errors.client_not_found()
      return revokeClient(operator, { platform: await organizationOf('platform'), by, id })
    },
  }
}

function viewOf({ id, secretHash: _, organizationId, jwks: __, ...client }: SignOnClient): ClientView {
  return { ...client, id: toWire('cli', id), organization: organizationId && toWire('org', organizationId) }
}
