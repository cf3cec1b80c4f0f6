/**
 * SQL as somebody would send it who can make the server's database role say anything.
 *
 * @module
 */
import pg from 'pg'

/** What came of a statement: the number of rows it saw or changed, or the SQLSTATE with which it was refused. */
export type Outcome = { readonly rows: number; readonly values: unknown[] } | { readonly refused: string }

/** SQLSTATE insufficient_privilege: a grant is missing, a policy forbids the row, or a trigger of ours refuses. */
export const DENIED = '42501'

/** Runs statements in one transaction that is rolled back, the last one's outcome decides; `context` becomes writ.context. */
export async function attempt(
  pool: pg.Pool,
  context: string | null,
  sql: string,
  values: unknown[] = [],
): Promise<Outcome> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    if (context !== null) await client.query("select set_config('writ.context', $1, true)", [context])
    const { rowCount, rows } = await client.query(sql, values)
    return { rows: rowCount ?? 0, values: rows }
  } catch (error) {
    if (error instanceof pg.DatabaseError) return { refused: error.code ?? 'unknown' }
    throw error
  } finally {
    await client.query('rollback')
    client.release()
  }
}

/** True when the statement neither saw nor changed a row. A refusal for any other reason than privilege proves nothing. */
export function cameToNothing(outcome: Outcome): boolean {
  return 'refused' in outcome ? outcome.refused === DENIED : outcome.rows === 0
}

export interface Column {
  readonly name: string
  readonly readable: boolean
  readonly updatable: boolean
}

export interface Table {
  readonly name: string
  readonly secured: boolean
  readonly forced: boolean
  readonly selects: boolean
  readonly inserts: boolean
  readonly updates: boolean
  readonly deletes: boolean
  readonly truncates: boolean
  /** Without those whose value only the database may choose. */
  readonly columns: readonly Column[]
}

/** Every table of the schema with what the server's role may do to it. */
export async function readTables(superuser: pg.Client): Promise<Table[]> {
  const may = (privilege: string) => `has_table_privilege('writ_app', c.oid, '${privilege}')`
  const mayAny = (privilege: string) => `has_any_column_privilege('writ_app', c.oid, '${privilege}')`
  const { rows } = await superuser.query<Table>(`
    select c.relname as name, c.relrowsecurity as secured, c.relforcerowsecurity as forced,
      ${mayAny('select')} as selects, ${mayAny('insert')} as inserts, ${mayAny('update')} as updates,
      ${may('delete')} as deletes, ${may('truncate')} as truncates,
      (select json_agg(json_build_object('name', a.attname,
          'readable', has_column_privilege('writ_app', c.oid, a.attnum, 'select'),
          'updatable', has_column_privilege('writ_app', c.oid, a.attnum, 'update')) order by a.attnum)
        from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attidentity <> 'a') as columns
    from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1`)
  return rows
}

/** Inserts a row given as JSON ($1), so that any column can be put in. */
export function insertOf(table: Table): string {
  const columns = table.columns.map(({ name }) => `"${name}"`).join(', ')
  return `insert into ${table.name} (${columns}) select ${columns} from jsonb_populate_record(null::${table.name}, $1)`
}

/** The columns the server's role may read, for a select list. */
export function readable(table: Table): string {
  return table.columns
    .filter((column) => column.readable)
    .map(({ name }) => `"${name}"`)
    .join(', ')
}

/** An update that the grants allow where they allow any: only row-level security is left to stop it. */
export function updateOf(table: Table, where: string): string {
  const column = table.columns.find(({ updatable }) => updatable) ?? table.columns[0]!
  return `update ${table.name} set "${column.name}" = ${column.readable ? `"${column.name}"` : 'default'} where ${where}`
}
