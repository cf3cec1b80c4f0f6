/** Starts the six applications beside a running Writ: `node src/main.ts [registration.json]`. @module */
import { fileURLToPath } from 'node:url'
import { applications, startBusinessManager } from './business-manager.ts'
import { readRegistration } from './registration.ts'

const file = process.argv[2] ?? fileURLToPath(new URL('../registration.json', import.meta.url))

try {
  const registration = readRegistration(file)
  await startBusinessManager(registration)
  for (const { name, title } of applications)
    process.stdout.write(`${title.padEnd(16)} ${registration.registered[name]!.url}\n`)
} catch (error) {
  const { message, cause } = error as Error & { cause?: { code?: string } }
  process.stderr.write(`${message}${cause?.code ? ` (${cause.code})` : ''}\n`)
  process.exitCode = 1
}
