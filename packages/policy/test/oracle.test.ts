import { describe, expect, test } from 'vitest'
import { compile, decide, explain, grants, type Reason, reasons } from '../src/index.ts'
import { policyOf } from './fixtures/index.ts'
import { Random, randomPolicy, randomQuestion } from './oracle/generate.ts'
import { oracle } from './oracle/oracle.ts'

const POLICIES = 500
const QUESTIONS = 24

describe('the engine against a naive oracle', () => {
  test(`decides ${POLICIES * QUESTIONS} random questions as the prose says, answer and reason`, () => {
    const seen = new Map<Reason, number>()
    for (let seed = 1; seed <= POLICIES; seed++) {
      const random = new Random(seed)
      const file = randomPolicy(random)
      const compiled = compile(policyOf(JSON.stringify(file)))
      for (let i = 0; i < QUESTIONS; i++) {
        const question = randomQuestion(random, file)
        const expected = oracle(file, question)
        const decision = decide(compiled, question)
        if (decision.reason !== expected || decision.allowed !== (expected === 'allowed')) {
          expect.fail(
            `seed ${seed}, question ${i}: engine ${decision.reason}, oracle ${expected}\n${JSON.stringify({ file, question }, null, 1)}`,
          )
        }
        seen.set(expected, (seen.get(expected) ?? 0) + 1)
      }
    }
    // A reason that never came up was never compared.
    for (const reason of reasons) expect(seen.get(reason) ?? 0, reason).toBeGreaterThan(20)
  })

  test('an explanation gives the same answer, and the lines that bear it out', () => {
    for (let seed = 1001; seed <= 1150; seed++) {
      const random = new Random(seed)
      const file = randomPolicy(random)
      const compiled = compile(policyOf(JSON.stringify(file)))
      for (let i = 0; i < 20; i++) {
        const question = randomQuestion(random, file)
        const decision = decide(compiled, question)
        const { decision: explained, roles, steps } = explain(compiled, question)
        expect(explained).toEqual(decision)
        const reached = steps.findIndex((step) => step.outcome !== 'passed')
        expect(reached < 0).toBe(decision.allowed)
        const lines = roles.filter((r) => r.standing === 'counts').flatMap((r) => r.grants)
        const denials = roles
          .filter((r) => r.standing === 'counts' || r.standing === 'suspended')
          .flatMap((r) => r.grants)
        if (decision.allowed)
          expect(
            lines.some((g) => g.kind === 'allow' && (g.when === undefined || g.condition === 'holds')),
          ).toBe(true)
        if (decision.reason === 'explicit_deny') expect(denials.some((g) => g.kind === 'deny')).toBe(true)
        if (decision.reason === 'not_granted') expect(lines).toEqual([])
        if (decision.reason === 'condition_failed') {
          expect(lines.length).toBeGreaterThan(0)
          expect(lines.every((g) => g.condition === 'does not hold')).toBe(true)
        }
      }
    }
  })

  test('the list of held permissions has exactly those that a decision grants or leaves to a condition', () => {
    for (let seed = 2001; seed <= 2060; seed++) {
      const random = new Random(seed)
      const file = randomPolicy(random)
      const compiled = compile(policyOf(JSON.stringify(file)))
      const { subject, now } = randomQuestion(random, file)
      if (!subject) continue
      const held = new Map(
        grants(compiled, subject, now, { organization: 'acme' }).map((g) => [g.permission, g]),
      )
      for (const { name, action, resource } of compiled.permissions) {
        const { reason } = decide(compiled, {
          subject,
          action,
          resource: { type: resource },
          organization: 'acme',
          now,
        })
        const past = [
          'allowed',
          'fresh_sign_in_required',
          'machine_grant_required',
          'condition_failed',
          'error',
        ]
        expect(held.has(name), `seed ${seed}, ${name}: ${reason}`).toBe(past.includes(reason))
        if (reason === 'condition_failed' || reason === 'error')
          expect(held.get(name)?.conditional).toBe(true)
      }
    }
  })
})
