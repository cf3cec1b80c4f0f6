/** Who asks in a test: a member in good standing unless the test says otherwise. @module */
import type { CompiledPolicy } from '../compile.ts'
import type { Problem } from '../model.ts'
import type { Assignment, Standing } from '../question.ts'
import { durationSeconds } from '../schema/scalars.ts'
import type { Path, SourceFile } from '../source.ts'
import { suggestion } from '../suggest.ts'
import type { TestSubject } from './schema.ts'

const ORGANIZATION = 'organization'
const PLATFORM = 'platform'

export interface Runner {
  readonly compiled: CompiledPolicy
  readonly source: SourceFile
  readonly problems: Problem[]
  readonly now: Date
}

export interface Setting {
  readonly organization: string
  readonly platform: boolean
  readonly now: Date
}

export function settingOf(runner: Runner, test: { in: 'organization' | 'platform'; now?: string }): Setting {
  const platform = test.in === 'platform'
  const now = test.now === undefined ? runner.now : new Date(test.now)
  return { organization: platform ? PLATFORM : ORGANIZATION, platform, now }
}

function momentOf(text: string, now: Date): Date {
  const seconds = durationSeconds(text.replace(/^-/, ''))
  if (seconds === undefined) return new Date(text)
  return new Date(now.getTime() + (text.startsWith('-') ? -1000 : 1000) * seconds)
}

/** A subject in good standing with the given roles; undefined for anonymous. */
export function standingOf(
  runner: Runner,
  who: readonly string[] | TestSubject,
  setting: Setting,
  path: Path,
): Standing | undefined {
  const subject = Array.isArray(who) ? undefined : (who as TestSubject)
  const written = subject?.roles ?? (who as readonly string[])
  if (!subject && written.length === 1 && written[0] === 'anonymous') return undefined
  const assignments = written.map((entry): Assignment => {
    const { role, id, source, expires } = typeof entry === 'string' ? { role: entry } : entry
    const known = runner.compiled.roles.get(role)
    if (!known) {
      const names = [...runner.compiled.roles.keys(), 'anonymous']
      runner.problems.push(
        runner.source.problem(path, `Unknown role "${role}".`, { hint: suggestion(role, names) }),
      )
    }
    return {
      id: id ?? `assignment:${role}`,
      role,
      source: source ?? (known?.isPlatform ? 'platform' : 'assigned'),
      expiresAt: expires === undefined ? null : momentOf(expires, setting.now),
    }
  })
  // Platform staff are members of the platform, and of organizations only where the test says so.
  const staff =
    assignments.length > 0 &&
    assignments.every(
      ({ role, source }) => source === 'support' || runner.compiled.roles.get(role)?.isPlatform,
    )
  const organization = subject?.organization ?? (staff ? PLATFORM : setting.organization)
  return {
    id: subject?.id ?? 'subject',
    accountActive: subject?.account !== 'inactive',
    organization,
    membershipActive: subject?.membership !== 'inactive',
    assignments,
    secondFactor: subject?.secondFactor ?? 'satisfied',
    authenticatedAt: subject?.signedIn === undefined ? setting.now : momentOf(subject.signedIn, setting.now),
    privilegesSuspended: subject?.privilegesSuspended ?? false,
    machine: subject?.machine ?? false,
  }
}
