/**
 * The grammar of the policy file.
 *
 * Every object is strict: a key the language does not know is refused. Durations are written `15m`, `8h`,
 * `90d`, `7y` and read as seconds; where the model holds seconds its key says so (`lockout.for` →
 * `lockout.forSeconds`). What needs more than one place of the file (names of roles, permissions, cycles)
 * is checked in `check/`, not here.
 *
 * @module
 */
import { z } from 'zod'
import * as access from './schema/access.ts'
import * as authentication from './schema/authentication.ts'
import * as document from './schema/document.ts'
import * as governance from './schema/governance.ts'
import * as watch from './schema/watch.ts'

/** The whole file as written; its output is what `model.ts` names section by section. */
export const policyFile = z.strictObject({
  ...document.documentShape,
  organizations: access.organizations,
  applications: document.applications.default({}),
  resources: access.resources.default({}),
  roles: access.roles,
  separation: access.separation.default([]),
  sensitive: access.sensitive.prefault({}),
  authentication: authentication.authentication.prefault({}),
  provisioning: authentication.provisioning.prefault({}),
  serviceAccounts: authentication.serviceAccounts.prefault({}),
  webhooks: authentication.webhooks.prefault({}),
  executionCodes: document.executionCodes.exactOptional(),
  offboarding: governance.offboarding.prefault({}),
  sanctions: governance.sanctions.prefault({}),
  requests: governance.requests.default([]),
  reviews: governance.reviews.default([]),
  elevation: governance.elevation.exactOptional(),
  breakGlass: governance.breakGlass.exactOptional(),
  impersonation: governance.impersonation.exactOptional(),
  supportAccess: governance.supportAccess.exactOptional(),
  signals: watch.signals.default([]),
  containment: watch.containment.default([
    'revokeTokens',
    'forcePasswordReset',
    'lockAccount',
    'gatherAudit',
    'notifyUser',
  ]),
  audit: watch.audit.prefault({}),
  privacy: document.privacy.prefault({}),
  plans: document.plans.default({}),
  thirdParties: governance.thirdParties.default([]),
  statements: document.statements.default([]),
  frameworks: document.frameworks.default({}),
  changes: document.changes.prefault({}),
})

/** The file as an author writes it. */
export type PolicySource = z.input<typeof policyFile>

/** The file as the grammar reads it: defaults filled in, durations in seconds, names not yet resolved. */
export type PolicyFile = z.output<typeof policyFile>

/** JSON Schema (2020-12) of the file, for editors that complete and check. */
export function jsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(policyFile, { io: 'input', target: 'draft-2020-12' })
  return {
    $schema,
    title: 'Writ policy',
    description: 'An access control policy that Writ runs as written.',
    ...rest,
  }
}
