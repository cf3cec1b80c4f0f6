/** What every check gets: the file as read, and where to report. @module */
import type { Problem } from '../model.ts'
import type { PermissionSet } from '../permissions.ts'
import type { PolicyFile } from '../schema.ts'
import type { Path, SourceFile } from '../source.ts'

export interface Checked {
  readonly file: PolicyFile
  readonly source: SourceFile
  readonly permissions: PermissionSet
  readonly problems: Problem[]
}

export function report(
  checked: Checked,
  path: Path,
  message: string,
  hint?: string,
  options: { onKey?: boolean } = {},
): void {
  checked.problems.push(checked.source.problem(path, message, { hint, ...options }))
}

/** What the file itself has at a path, before defaults and short forms were filled in. */
export function written(source: SourceFile, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) => (value as Record<string | number, unknown> | null | undefined)?.[part],
    source.value,
  )
}
