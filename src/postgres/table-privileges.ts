import type { Sql } from './client.js'
import { permissionDenied } from './errors.js'

const privileges = ['select', 'insert', 'update', 'delete']

/**
 * Rejects as a query would: with PostgreSQL's error when one of the tables is not there, with its code when a right to
 * it is missing.
 */
export async function assertTablePrivileges (sql: Sql, tables: string[]): Promise<void> {
  const [denied] = await sql<Array<{ name: string, privilege: string }>>`/* probe_tables */
    select name, privilege
    from jsonb_array_elements_text(${sql.json(tables)}) as asked (name)
    cross join jsonb_array_elements_text(${sql.json(privileges)}) as needed (privilege)
    where not has_table_privilege(name, privilege)
    limit 1`
  if (denied !== undefined) {
    const { privilege, name } = denied
    throw permissionDenied(privilege, name)
  }
}
