import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { compile, runPolicyTests } from '../src/index.ts'
import { policyOf } from './fixtures/index.ts'

test('the policy of the README is right, and passes the tests of the README', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const [policy, tests] = [...readme.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] as string)
  const run = runPolicyTests(compile(policyOf(policy ?? '')), tests ?? '')
  expect(run).toMatchObject({ ok: true, failed: 0, passed: 16 })
})
