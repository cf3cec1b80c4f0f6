/**
 * A few rounds of `npm run torture`.
 *
 * Threat: power cuts, the kernel's out-of-memory killer, an operator's kill -9.
 */
import { expect, test } from 'vitest'
import { torture } from './support/attack-faults.ts'

test('kill -9 of the server, its database or both loses nothing that was acknowledged, and nobody has to repair anything', async () => {
  const rounds = await torture({ rounds: 5 })
  expect(rounds.map(({ killed }) => killed)).toEqual(['server', 'postmaster', 'both', 'server', 'postmaster'])
  for (const round of rounds) {
    expect(round.broken).toEqual([])
    expect(round.acknowledged, 'the kill came in the middle of work').toBeGreaterThan(0)
    // While its database is away a living server refuses in an orderly way; a dead one breaks its connections off.
    if (round.killed === 'postmaster')
      expect(round).toMatchObject({ unknown: 0, refused: expect.toSatisfy((count: number) => count > 0) })
    else expect(round.unknown).toBeGreaterThan(0)
  }
}, 180_000)
