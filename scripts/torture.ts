/**
 * `npm run torture`: kills a server and its database under a write load, again and again, and looks after each time
 * whether everything that was acknowledged is there. Exits 1 at the first promise that is broken.
 *
 *   npm run torture                     100 rounds
 *   npm run torture -- --rounds 1000 --seed 7
 *
 * @module
 */
import { parseArgs } from 'node:util'
import { torture } from '../packages/server/test/support/attack-faults.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
})

let number = 0
const totals = { acknowledged: 0, unknown: 0, refused: 0 }
await torture({
  rounds: Number(values.rounds),
  seed: Number(values.seed),
  onRound(round) {
    const { killed, acknowledged, unknown, refused, recovered, events, broken } = round
    number++
    totals.acknowledged += acknowledged
    totals.unknown += unknown
    totals.refused += refused
    const facts = `${acknowledged} acknowledged, ${unknown} without an answer, ${refused} refused`
    process.stdout.write(
      `${number}. kill -9 ${killed}: ${facts}; writable after ${Math.round(recovered)} ms; ${events} events verified\n`,
    )
    if (broken.length === 0) return
    process.stdout.write(`${broken.map((each) => `   broken: ${each}`).join('\n')}\n`)
    throw new Error(`round ${number} of seed ${values.seed} broke a promise`)
  },
})
process.stdout.write(
  `${number} rounds, ${totals.acknowledged} changes acknowledged: all there once, each with its event.\n`,
)
