import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshDatabase, type TestDatabase } from '#test/database'
import { arrayText } from './array-text.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

const read = async (values: readonly (string | null)[]) => {
  const { rows } = await database.app.query<{ values: string[] }>('select $1::text[] as values', [
    arrayText(values, (value) => value),
  ])
  return rows[0]!.values
}

// The attack: an id that ends its own element and writes the ones after it.
test.each([
  [['a,b', '{x}', '"', '\\', '\\"', '","']],
  [['', ' ', '\n', '\t', 'NULL', 'null', 'Null', null]],
  [['2026-03-02T09:00:00.000Z', 'members.updated', '0193bfa2-6e9b-7d02-8a9f-1f1e7b0a9c11']],
  [[]],
])('PostgreSQL reads %j as it was', async (values) => {
  expect(await read(values)).toEqual(values)
})

test('PostgreSQL reads any texts as they were', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...'{},"\\ \n\'aN') }),
  )
  const values = fc.array(fc.option(text.map((each) => each.replaceAll('\0', ''))))
  await fc.assert(
    fc.asyncProperty(values, async (each) => {
      expect(await read(each)).toEqual(each)
    }),
    { numRuns: 200 },
  )
})
