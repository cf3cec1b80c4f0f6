/** Records of one kind, kept apart by organization; in memory, for the example. @module */
export class Board<Fields extends object> {
  readonly #kind: string
  readonly #records = new Map<string, Map<string, Fields & { id: string }>>()
  #next = 1

  constructor(kind: string) {
    this.#kind = kind
  }

  list(organization: string): readonly (Fields & { id: string })[] {
    return [...this.#of(organization).values()]
  }

  add(organization: string, fields: Fields): Fields & { id: string } {
    const record = { id: `${this.#kind}-${this.#next++}`, ...fields }
    this.#of(organization).set(record.id, record)
    return record
  }

  remove(organization: string, id: string): boolean {
    return this.#of(organization).delete(id)
  }

  #of(organization: string): Map<string, Fields & { id: string }> {
    const known = this.#records.get(organization)
    if (known) return known
    const records = new Map<string, Fields & { id: string }>()
    this.#records.set(organization, records)
    return records
  }
}
