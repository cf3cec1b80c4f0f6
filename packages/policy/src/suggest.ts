/** Finds what a mistyped word was meant to be. @module */

/** Edits between two words; a swap of neighbours counts as one (optimal string alignment). */
function distance(a: string, b: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      let best = Math.min(previous[j]! + 1, current[j - 1]! + 1, substitution)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, beforePrevious[j - 2]! + 1)
      }
      current.push(best)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[b.length]!
}

/** The known word nearest to what was written, if it is near enough to be meant. */
export function nearest(written: string, known: Iterable<string>): string | undefined {
  const word = written.slice(0, 64).toLowerCase()
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue
    const edits = distance(word, candidate.toLowerCase())
    if (edits < bestDistance) {
      best = candidate
      bestDistance = edits
    }
  }
  return best
}

/** `Did you mean "x"?`, or the whole list when it is short, or nothing. */
export function suggestion(written: string, known: Iterable<string>): string | undefined {
  const all = [...known]
  const meant = nearest(written, all)
  if (meant !== undefined) return `Did you mean "${meant}"?`
  return all.length > 0 && all.length <= 16 ? `Known: ${all.join(', ')}.` : undefined
}
