/** `writ policy …`: everything about a policy file; only apply needs a database. @module */
import type { CommandGroup } from '../../command.ts'
import { applyPolicy } from './apply-policy.ts'
import { checkPolicy } from './check-policy.ts'
import { diffPolicies } from './diff-policies.ts'
import { explainDecision } from './explain-decision.ts'
import { printSchema } from './print-schema.ts'
import { renderPolicy } from './render-policy.ts'
import { testPolicy } from './test-policy.ts'

export const policyCommands: CommandGroup = {
  name: 'policy',
  summary: 'check, test, render, compare, explain and apply a policy',
  commands: [checkPolicy, testPolicy, renderPolicy, diffPolicies, explainDecision, applyPolicy, printSchema],
}
