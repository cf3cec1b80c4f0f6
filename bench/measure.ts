/**
 * What a benchmark measures and how it is judged.
 *
 * A number of one machine says little, so every measurement stands beside a yardstick that was measured on the same
 * machine in the same run, in turns (ours, yardstick, ours, yardstick …): what disturbs one disturbs both.
 *
 * @module
 */

/** How much a run does. */
export interface Effort {
  /** Turns of each; the table shows median and range of them. */
  readonly rounds: number
  /** How long one turn of load lasts. */
  readonly seconds: number
  /** Fewer and shorter turns: to see that it works, not to judge by. */
  readonly isQuick: boolean
  /** The sizes of the design: some minutes of seeding. */
  readonly isFull: boolean
}

export interface Bench {
  readonly name: string
  /** What it measures, in one line. */
  readonly about: string
  /** Rows of its table, as soon as each is known. `say` tells what is going on. */
  run(effort: Effort, say: (progress: string) => void): AsyncIterable<Row>
}

export type Unit = 'ns' | 'µs' | 'ms' | 's' | '/s' | 'MB' | 'ns/decision'

export interface Row {
  readonly what: string
  readonly unit: Unit
  readonly ours: Spread
  readonly yardstick?: { readonly name: string; readonly spread: Spread; readonly unit: Unit }
  /** Of paired turns: how many times the yardstick, or how many times better, as `goal` says. */
  readonly ratio?: Spread
  readonly goal?: Goal
  /** What a reader must know to read the row rightly. */
  readonly note?: string
}

export interface Goal {
  readonly text: string
  /** Of the median. */
  readonly holds: boolean
  /** Every turn says the same; otherwise the machine was too restless for the median to settle it. */
  readonly isFirm: boolean
}

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export function spread(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError('a spread needs at least one value')
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}

/**
 * - `share`: ours / yardstick of a throughput, wanted high ("0.8 of a bare route").
 * - `cost`: ours / yardstick of a time, wanted low ("twice a look-up").
 * - `gain`: how many times better than the yardstick, wanted high.
 */
export type RatioKind = 'share' | 'cost' | 'gain'

export interface Comparison {
  readonly what: string
  readonly unit: Unit
  readonly ours: readonly number[]
  readonly yardstick: { readonly name: string; readonly values: readonly number[] }
  readonly kind: RatioKind
  /** The limit of the ratio; without one the row is shown and not judged. */
  readonly limit?: number
  readonly note?: string
}

/** A row against a yardstick, out of paired turns. */
export function compare(input: Comparison): Row {
  const { ours, yardstick, kind, limit, unit } = input
  const isRate = unit === '/s'
  const ratios = ours.map((own, i) => {
    const other = yardstick.values[i]!
    return kind === 'gain' && !isRate ? other / own : own / other
  })
  const ratio = spread(ratios)
  return {
    what: input.what,
    unit,
    ours: spread(ours),
    yardstick: { name: yardstick.name, spread: spread(yardstick.values), unit },
    ratio,
    ...(limit === undefined ? {} : { goal: judge(ratio, kind === 'cost' ? 'most' : 'least', limit, '×') }),
    ...(input.note === undefined ? {} : { note: input.note }),
  }
}

/** A row with a limit of its own. */
export function absolute(
  what: string,
  unit: Unit,
  values: readonly number[],
  limit?: { readonly most?: number; readonly least?: number },
  note?: string,
): Row {
  const ours = spread(values)
  const goal =
    limit?.most !== undefined
      ? judge(ours, 'most', limit.most, unit)
      : limit?.least !== undefined
        ? judge(ours, 'least', limit.least, unit)
        : undefined
  return { what, unit, ours, ...(goal ? { goal } : {}), ...(note === undefined ? {} : { note }) }
}

function judge({ median, min, max }: Spread, direction: 'most' | 'least', limit: number, unit: string): Goal {
  const sign = direction === 'most' ? '≤' : '≥'
  const holdsAt = (value: number) => (direction === 'most' ? value <= limit : value >= limit)
  return {
    text: `${sign} ${limit.toLocaleString('en-US')} ${unit}`,
    holds: holdsAt(median),
    isFirm: holdsAt(min) === holdsAt(max),
  }
}

/**
 * Runs contenders in turns and returns what each gave, turn by turn. The order alternates, so that neither always
 * runs on a cache that the other has just filled.
 */
export async function inTurns<K extends string>(
  rounds: number,
  contenders: Readonly<Record<K, () => number | Promise<number>>>,
): Promise<Record<K, number[]>> {
  const names = Object.keys(contenders) as K[]
  const results = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? names : names.toReversed()
    for (const name of order) results[name].push(await contenders[name]())
  }
  return results
}
