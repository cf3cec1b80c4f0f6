/**
 * What the six were registered with, as one file: `register.ts` writes it, `main.ts` reads it. It holds secrets, so it is
 * readable by its owner alone and stays out of version control.
 *
 * @module
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { applications, type BusinessManagerOptions, type Registered } from './business-manager.ts'

export type Registration = BusinessManagerOptions

/** @throws Error that says what to do where the file is not there, or does not hold all six */
export function readRegistration(file: string): Registration {
  if (!existsSync(file))
    throw new Error(`There is no ${file}. Register the six first: node src/register.ts (README.md says how).`)
  const { writUrl, writKey, registered } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Registration>
  const missing = applications.filter(({ name }) => !isComplete(registered?.[name])).map(({ name }) => name)
  if (!writUrl || !writKey || !registered || missing.length > 0)
    throw new Error(
      `${file} is not whole${missing.length > 0 ? `: it lacks ${missing.join(', ')}` : ''}. Remove it and register the six again.`,
    )
  return { writUrl, writKey, registered }
}

/** @throws Error where the file is there: what it holds is known nowhere else */
export function writeRegistration(file: string, registration: Registration): void {
  writeFileSync(file, `${JSON.stringify(registration, null, 2)}\n`, { flag: 'wx', mode: 0o600 })
}

function isComplete(each: Partial<Registered> | undefined): boolean {
  return Boolean(each?.url && each.clientId && each.clientSecret)
}
