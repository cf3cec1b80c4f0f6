import { fromBase64 } from './bytes.ts'
import { type JsonValue, parseCanonicalJson } from './canonical-json.ts'
import { type ExportEntry, type PersonalValue, personalHash } from './export.ts'

/** What an entry of an export holds, apart from whether the log has it. */
export interface Content {
  readonly proven: number
  readonly erased: number
  /** Reported only once the entry itself is proven. */
  readonly fault?: { readonly code: 'entry' | 'personal'; readonly message: string }
}

/** Compares clear personal values with the hashes in the leaf; what is absent counts as erased. */
export function checkContent(entry: ExportEntry): Content {
  const given = entry.personal ?? {}
  const names = Object.keys(given)
  const faulty = (code: 'entry' | 'personal', message: string): Content => ({
    proven: 0,
    erased: 0,
    fault: { code, message },
  })
  let leaf: JsonValue
  try {
    leaf = parseCanonicalJson(entry.leaf)
  } catch (error) {
    return faulty('entry', `its leaf is not canonical JSON: ${(error as Error).message}`)
  }
  const committed = personalOf(leaf)
  for (const name of names) {
    if (!Object.hasOwn(committed, name)) return faulty('personal', `its leaf has no personal value "${name}"`)
    if (!matches(given[name]!, committed[name])) {
      return faulty('personal', `its personal value "${name}" is not the one its leaf commits to`)
    }
  }
  return { proven: names.length, erased: Object.keys(committed).length - names.length }
}

function personalOf(leaf: JsonValue): Readonly<Record<string, JsonValue>> {
  if (typeof leaf !== 'object' || leaf === null || Array.isArray(leaf)) return {}
  const personal = Object.hasOwn(leaf, 'personal')
    ? (leaf as Record<string, JsonValue>)['personal']
    : undefined
  if (typeof personal !== 'object' || personal === null || Array.isArray(personal)) return {}
  return personal as Record<string, JsonValue>
}

function matches({ salt, value }: PersonalValue, committed: JsonValue | undefined): boolean {
  try {
    return personalHash(fromBase64(salt), value) === committed
  } catch {
    return false
  }
}
