/** What needs no quotes in PostgreSQL's text of an array: ids, times and our own words. */
const PLAIN = /^[\w.:-]+$/

/**
 * A field of each row as PostgreSQL reads an array of text (its manual, section 8.15.6). The driver would quote and
 * escape every element, which costs as much as everything else that is done to an event.
 */
export function arrayText<T>(rows: readonly T[], field: (row: T) => string | null): string {
  let text = '{'
  for (const row of rows) {
    if (text.length > 1) text += ','
    const value = field(row)
    text += value === null ? 'NULL' : element(value)
  }
  return `${text}}`
}

function element(value: string): string {
  if (PLAIN.test(value) && value.toUpperCase() !== 'NULL') return value
  return `"${value.replaceAll(/["\\]/g, '\\$&')}"`
}
