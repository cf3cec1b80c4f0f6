/**
 * What the whole database holds, as one hash a table: two snapshots that are equal prove that nothing changed.
 *
 * @module
 */
import pg from 'pg'

/** Table → number of rows and hash of their contents. */
export type Snapshot = Readonly<Record<string, string>>

/** A connection that sees every row. The caller ends it. */
export async function connectAs(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}

/** @param options.except tables that may change, such as the audit log when denials are expected */
export async function snapshot(
  superuser: pg.Client,
  options: { except?: readonly string[]; ignoreColumns?: readonly string[] } = {},
): Promise<Snapshot> {
  const { except = [], ignoreColumns = [] } = options
  const { rows: tables } = await superuser.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
     and not relname = any($1) order by relname`,
    [except],
  )
  const parts = tables.map(
    ({ name }) => `select '${name}' as name, count(*) || ' rows ' ||
      md5(coalesce(string_agg(t.content, E'\\n' order by t.content), '')) as content
      from (select (to_jsonb(r) - $1::text[])::text as content from ${name} r) t`,
  )
  const { rows } = await superuser.query<{ name: string; content: string }>(parts.join(' union all '), [
    ignoreColumns,
  ])
  return Object.fromEntries(rows.map((row) => [row.name, row.content]))
}
