import type { Sql } from './client/client.js'
import { permissionDenied } from './errors.js'

const privileges = ['select', 'insert', 'update', 'delete']

/**
 * Asserts that tables can be read and written. Rejects with PostgreSQL's own error when one does not exist, and with
 * SQLSTATE 42501 when a privilege is missing.
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
