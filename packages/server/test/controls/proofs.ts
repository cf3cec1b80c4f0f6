/** Controls and settings with nothing to flip, and the tests that prove them. @module */
import type { Proof } from '#test/controls'

const audit = 'src/modules/evidence/audit'
const members = 'src/modules/people/organizations/commands'

/** As it is written there, for each verb and table. */
const refusals = `\${verb} of \${table}, for the server's role, the owner, and the superuser`

export const proofs: readonly Proof[] = [
  {
    control: 'authentication.single-sign-on',
    setting: 'applications',
    file: 'test/sign-on.test.ts',
    title: '[BM-02] is the sixth that one sign-in serves',
  },
  {
    control: 'authentication.required',
    file: 'test/routes.test.ts',
    title: '[FT-AC-03] 401 and nothing else, whatever is sent',
  },
  {
    control: 'authentication.required',
    file: 'test/tokens.test.ts',
    title: 'is refused as ambiguous when a cookie and a bearer come, or two session cookies',
  },
  {
    control: 'database-isolation',
    file: 'test/isolation-database.test.ts',
    title: '[FT-AC-07] nothing of another organization is seen, by whatever read',
  },
  {
    control: 'database-isolation',
    file: 'test/isolation-role.test.ts',
    title: 'and the owner are neither superuser nor exempt from row-level security',
  },
  // Whatever an organization is called, its data is its own.
  {
    control: 'tenant-isolation',
    setting: 'organizations.call',
    file: 'test/routes.test.ts',
    title: '[FT-AC-05] [FT-AC-06] [PS-02] is not there, by name or id, for any credential',
  },
  {
    control: 'decision-path',
    file: 'src/modules/access/decisions/queries/agreement.test.ts',
    title: '[FT-AC-01] [FT-AC-13] the same subject, action and resource get the same answer',
  },
  {
    control: 'role-changes',
    file: `${members}/change-member.test.ts`,
    title:
      '[BM-15] a new role holds from the very next request on, and the log has the previous and the new one',
  },
  {
    control: 'role-changes',
    file: 'src/modules/access/policy/commands/apply-policy.test.ts',
    title: '[FT-AC-11] a new version holds from the next request on; an assignment keeps the definition',
  },
  {
    control: 'policy-versions',
    file: 'src/modules/access/policy/commands/apply-policy.test.ts',
    title: '[FT-AC-11] the document of any version is rendered in the languages it is written in',
  },
  {
    control: 'audit-immutability',
    file: `${audit}/log/tampering.test.ts`,
    title: refusals,
  },
  {
    control: 'audit-immutability',
    file: `${audit}/routes.test.ts`,
    title: '[FT-AC-22] an event, a checkpoint and the growth between two verify offline',
  },
  // Nothing deletes an entry, so every term is kept.
  {
    control: 'audit-retention',
    setting: 'audit.retentionSeconds',
    file: `${audit}/log/tampering.test.ts`,
    title: refusals,
  },
  {
    control: 'monitoring',
    file: 'test/operation.test.ts',
    title: '[SA-17] tell failed sign-ins, lockouts, the rate of refreshes and of denials',
  },
  {
    control: 'monitoring',
    file: 'src/modules/people/sessions/commands/sign-in.test.ts',
    title: 'an address is stopped after 300 failures, told when to come back, and cannot forge another',
  },
  {
    control: 'security-headers',
    file: 'test/routes.test.ts',
    title: '[SA-16] carries the protective headers',
  },
]
