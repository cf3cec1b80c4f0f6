/** The account behind a bearer, as their organization sees it. @module */
import type { Services } from '#platform/context'
import type { Person } from '../model/claims.ts'
import type { Bearer } from './acting.ts'

export function findPerson(services: Services, { principal, userId }: Bearer): Promise<Person> {
  return services.db.transaction(`org:${principal.home.organizationId}`, (tx) =>
    tx
      .selectFrom('users')
      .select(['email', 'name', 'locale', 'emailVerifiedAt'])
      .where('id', '=', userId)
      .executeTakeFirstOrThrow(),
  )
}
