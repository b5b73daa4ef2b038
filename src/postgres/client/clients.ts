import type { Sql } from './client.js'

/** Clients by name, each a property of the one without a name: `app.sql` and `app.sql.reports`. */
type Named = Record<string, Sql | undefined>

const placeholders = new WeakSet<object>()
const added = new WeakSet<object>()
/** Clients that have a name. */
const named = new WeakSet<object>()

/** Whether what an app has as `app.sql` was made by `addClient`. */
export function isAdded (sql: object): boolean {
  return added.has(sql)
}

/**
 * Adds a client to those that an app has, and returns what `app.sql` is from now on.
 * Throws an Error that names it when there is one of that name, or when the name is that of something `app.sql` has.
 */
export function addClient (present: Sql | undefined, sql: Sql, name?: string): Sql {
  const clients = withClient(present, sql, name)
  added.add(clients)
  return clients
}

function withClient (present: Sql | undefined, sql: Sql, name?: string): Sql {
  if (name === undefined) {
    if (present !== undefined && !placeholders.has(present)) {
      throw new Error(
        'postgres is registered twice without a name: ' +
        "give the second a name, such as { name: 'reports' }, for app.sql.reports"
      )
    }
    return Object.assign(sql, present)
  }
  const clients = (present ?? placeholder(name)) as unknown as Named
  if (Object.hasOwn(clients, name) && named.has(clients[name] as Sql)) {
    throw new Error(
      `postgres is registered twice with the name ${JSON.stringify(name)}, so app.sql.${name} is a database already: ` +
      'give the second another name'
    )
  }
  if (name in clients || name in sql || name in Function.prototype || name === '') {
    throw new Error(
      `postgres cannot have the name ${JSON.stringify(name)}, for app.sql.${name} is something else already: ` +
      'choose another'
    )
  }
  named.add(sql)
  clients[name] = sql
  return clients as unknown as Sql
}

/** What `app.sql` is while there are only clients with names. */
function placeholder (name: string): Sql {
  const none = () => {
    throw new TypeError(
      `There is no database without a name: ask app.sql.${name}, or register postgres without a name, too`
    )
  }
  placeholders.add(none)
  return none as unknown as Sql
}
