/** A vector to run: it passes when `run` returns, and fails when it throws. */
export interface Vector {
  readonly name: string
  readonly run: () => void | Promise<void>
  /** Why it cannot be run; counted apart, never as passed. */
  readonly skip?: string
}

export interface Suite {
  readonly name: string
  readonly vectors: readonly Vector[]
}

/** Runs every vector and prints the table; the last line is `N passed, N failed`. */
export async function runSuites(suites: readonly Suite[]): Promise<{ passed: number; failed: number }> {
  const total = { passed: 0, failed: 0 }
  const failures: string[] = []
  const skips = new Map<string, number>()
  console.log(`${'suite'.padEnd(46)}${'passed'.padStart(8)}${'failed'.padStart(8)}${'skipped'.padStart(9)}`)
  for (const { name, vectors } of suites) {
    const count = { passed: 0, failed: 0, skipped: 0 }
    for (const vector of vectors) {
      if (vector.skip !== undefined) {
        count.skipped++
        skips.set(`${name}: ${vector.skip}`, (skips.get(`${name}: ${vector.skip}`) ?? 0) + 1)
        continue
      }
      try {
        await vector.run()
        count.passed++
      } catch (error) {
        count.failed++
        failures.push(`${name} / ${vector.name}: ${(error as Error).message}`)
      }
    }
    const numbers =
      `${count.passed}`.padStart(8) + `${count.failed}`.padStart(8) + `${count.skipped}`.padStart(9)
    console.log(`${name.padEnd(46)}${numbers}`)
    total.passed += count.passed
    total.failed += count.failed
  }
  for (const [reason, count] of skips) console.log(`skipped ${count}: ${reason}`)
  for (const failure of failures) console.log(`FAILED ${failure}`)
  console.log(`${total.passed} passed, ${total.failed} failed`)
  return total
}

/** Throws unless both print the same as JSON. */
export function expectSame(actual: unknown, wanted: unknown): void {
  if (JSON.stringify(actual) === JSON.stringify(wanted)) return
  throw new Error(`got ${JSON.stringify(actual)}, wanted ${JSON.stringify(wanted)}`)
}
