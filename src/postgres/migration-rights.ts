import { codeOf } from '../error-code.js'
import type { Sql } from './client/client.js'
import { insufficientPrivilege } from './errors.js'

/** PostgreSQL finds no schema to make tables in: there is none of `search_path`, or none that the user may use. */
const noSchema = '3F000'

interface Rights {
  user: string
  /** The user as SQL writes it. */
  grantee: string
  database: string
  /** As SQL writes it; null where `search_path` has none that the user may use. */
  schema: string | null
  searchPath: string
  mayCreate: boolean | null
  /** Whether the user may read `schema_migrations`; null where there is none. */
  mayRead: boolean | null
  /** Whose `schema_migrations` is, where that is a role that the user is not in. */
  owner: string | null
}

/** This user may not apply the migrations; the message says what is missing, and who can do what about it. */
export class MigrationsDenied extends Error {
  code: string
  /** Whether another user may apply them in place of this one. */
  byAnother: boolean

  constructor (cause: Error, rights: Rights) {
    const [what, advice, byAnother] = explain(cause, rights)
    const code = codeOf(cause) ?? insufficientPrivilege
    super(`${what} (${code}): ${advice}`, { cause })
    this.code = code
    this.byAnother = byAnother
  }
}

function explain (
  { message }: Error,
  { user, grantee, database, schema, searchPath, mayCreate, mayRead, owner }: Rights
): [what: string, advice: string, byAnother: boolean] {
  if (schema === null) {
    return [
      `Of the schemas in search_path (${searchPath}), the database ${database} has none that user ${user} may use`,
      `create one, or have its owner execute GRANT USAGE, CREATE ON SCHEMA ${lastOf(searchPath)} TO ${grantee}`,
      false
    ]
  }
  if (mayRead === false) {
    return [
      `User ${user} may not read which migrations the database ${database} has had`,
      `have ${owner ?? 'its owner'} execute GRANT SELECT ON ${schema}.schema_migrations TO ${grantee}`,
      false
    ]
  }
  if (owner !== null) {
    return [
      `User ${user} may not change the tables in the database ${database}, which are those of ${owner} (${message})`,
      `have ${owner} migrate`,
      true
    ]
  }
  if (mayCreate === false) {
    return [
      `User ${user} may not make tables in the schema ${schema} of the database ${database}`,
      `have its owner execute GRANT CREATE ON SCHEMA ${schema} TO ${grantee}, or have another user migrate`,
      true
    ]
  }
  return [`User ${user} may not migrate the database ${database} (${message})`, 'have the owner of that migrate', true]
}

function lastOf (searchPath: string): string {
  return searchPath.split(',').at(-1)?.trim() ?? 'public'
}

/**
 * Returns MigrationsDenied for an error of PostgreSQL that says so, and other errors as they are. It asks what is
 * missing, since the error names neither the right nor the owner, and its text is translated.
 */
export async function whyDenied (sql: Sql, error: unknown): Promise<unknown> {
  const { severity } = error as { severity?: string }
  const code = codeOf(error)
  // A user that was not let in cannot ask.
  if ((code !== insufficientPrivilege && code !== noSchema) || severity === 'FATAL') return error
  const [rights] = await sql<Rights[]>`/* migrations_denied */
    select current_user::text as "user", quote_ident(current_user) as grantee, current_database()::text as database,
      quote_ident(current_schema()) as schema, current_setting('search_path') as "searchPath",
      has_schema_privilege(current_schema(), 'create') as "mayCreate",
      has_table_privilege(made.oid, 'select') as "mayRead",
      case when not pg_has_role(made.relowner, 'usage') then pg_get_userbyid(made.relowner)::text end as owner
    from (select) one
    left join pg_class made on made.relname = 'schema_migrations'
      and made.relnamespace = (select oid from pg_namespace where nspname = current_schema())`
    .catch(() => [undefined])
  return rights === undefined ? error : new MigrationsDenied(error as Error, rights)
}
