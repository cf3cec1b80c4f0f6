/** The four policies, with what makes tests slow turned down. @module */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** One of the four at bcrypt's lowest allowed cost: the rules are the same, a sign-in takes a quarter of the time. */
export function quickPolicy(name: string): string {
  const file = fileURLToPath(new URL(`../../../../policies/${name}.policy.yaml`, import.meta.url))
  return readFileSync(file, 'utf8').replace(/bcrypt: \d+/, 'bcrypt: 10')
}

/** One of the four that lets people delete themselves; none does. */
export function withOwnDeletion(name = 'sales-agent'): string {
  const policy = quickPolicy(name)
  if (policy.includes('self: false')) return policy.replace('self: false', 'self: true')
  return policy.replace(/^offboarding:\n/m, 'offboarding:\n  deletion: { self: true }\n')
}
