/**
 * Writes everything that is generated: database types and schema.sql, openapi.json, the SDK's types, the policy's JSON
 * Schema and docs/reference. `--check` writes nothing and fails where the committed text differs.
 *
 * @module
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { databaseTypes, schemaPage } from './gen/database.ts'
import { withThrowawayDatabase } from './gen/throwaway-database.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const isCheck = process.argv.includes('--check')

/** The schema first: what follows imports code that is typed by it. */
const files: [path: string, text: string][] = []
await withThrowawayDatabase(async (client) => {
  files.push(['packages/server/src/generated/database.ts', await databaseTypes(client)])
  files.push(['packages/server/schema.sql', await schemaPage(client)])
})
const { openApiDocument } = await import('./gen/openapi.ts')
const openApi = await openApiDocument()
files.push(['openapi.json', `${JSON.stringify(openApi, null, 2)}\n`])
const { sdkTypes } = await import('./gen/sdk.ts')
files.push(['packages/sdk/src/generated/openapi.ts', await sdkTypes(openApi)])
const { referencePages } = await import('./gen/reference.ts')
files.push(...(await referencePages()))
const { jsonSchema } = await import('@writ/policy')
files.push(['policies/policy.schema.json', `${JSON.stringify(jsonSchema(), null, 2)}\n`])

let stale = 0
for (const [path, text] of files) {
  const file = join(root, path)
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue
  stale++
  if (isCheck) {
    process.stdout.write(`stale: ${path}\n`)
    continue
  }
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  process.stdout.write(`wrote ${path}\n`)
}
if (isCheck && stale > 0) {
  process.stdout.write('Generated files differ from what they are generated from; run: npm run gen\n')
  process.exitCode = 1
} else if (stale === 0) process.stdout.write('generated files are up to date\n')
