import { expect } from 'vitest'
import { TlogError, type TlogErrorCode } from '../../src/index.ts'

/** Expects a refusal with this code; any other error, or none, fails. */
export async function expectRefusal(code: TlogErrorCode, run: () => unknown): Promise<void> {
  let thrown: unknown
  try {
    await run()
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(TlogError)
  expect((thrown as TlogError).code).toBe(code)
}
