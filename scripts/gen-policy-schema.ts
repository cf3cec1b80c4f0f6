/** Writes policies/policy.schema.json, by which editors complete and check policy files, from the grammar. */
import { mkdir, writeFile } from 'node:fs/promises'
import { jsonSchema } from '../packages/policy/src/index.ts'

const target = new URL('../policies/policy.schema.json', import.meta.url)
await mkdir(new URL('.', target), { recursive: true })
await writeFile(target, `${JSON.stringify(jsonSchema(), null, 2)}\n`)
