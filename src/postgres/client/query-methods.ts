import { readFile } from 'node:fs'
import type postgres from 'postgres'
import type { Query } from '../query/driver.js'
import { noteOrigin } from '../query/origin.js'

/** Executes queries: a client's pool, or the connection of a transaction or of `reserve()`. */
export interface QueryExecutor {
  run: (query: Query) => void
  /** Rejects a query that could not even be given to a connection, and counts it. */
  refuse: (query: Query, error: unknown) => void
}

/**
 * Makes the functions that a client, a transaction and a reserved connection query with. They are those of a
 * postgres.js client that never connects: it makes the queries, and `executor` executes them.
 */
export function createQueryMethods (build: postgres.Sql, executor: QueryExecutor): postgres.ISql {
  const sql = tagged(build, executor)
  const { types, typed, array, json } = build
  return Object.assign(sql, {
    types, typed, array, json, unsafe: unsafe(build, executor), file: file(build, executor), notify: notify(sql)
  }) as unknown as postgres.ISql
}

/**
 * The function `sql` itself. As a tagged template it makes a query; with other arguments, a helper that is put into a
 * query.
 */
export function tagged (
  build: postgres.Sql,
  { run }: Pick<QueryExecutor, 'run'>
): (strings?: unknown, ...args: unknown[]) => unknown {
  const make = build as unknown as (...args: unknown[]) => Query

  /** The last template: mostly the next query has the same one. */
  let last: TemplateStringsArray | undefined

  // With `...args` alone, and `args[0]` for the template, V8 of Node.js 20 does not free the garbage of a query.
  function sql (strings?: unknown, ...args: unknown[]): unknown {
    const made = make(strings, ...args)
    // Without a template it is a helper.
    if (isTemplate(strings)) {
      if (strings !== last) noteOrigin(last = strings, sql)
      made.handler = run
    }
    return made
  }
  return sql
}

/** The function `sql.unsafe`: makes a query of a text as it is, so that values are safe in its parameters alone. */
export function unsafe (
  build: postgres.Sql,
  { run }: Pick<QueryExecutor, 'run'>
): (...args: Parameters<postgres.Sql['unsafe']>) => Query {
  return (...args) => {
    const query = build.unsafe(...args) as unknown as Query
    query.handler = run
    return query
  }
}

/**
 * The function `sql.file`: makes a query that reads its text when it is executed. It rejects with the error of Node.js,
 * such as ENOENT, when that cannot be read.
 */
export function file (build: postgres.Sql, executor: QueryExecutor): (path: string, ...args: unknown[]) => Query {
  return (path, ...args) => {
    const query = (build.file as unknown as (...args: unknown[]) => Query)(path, ...args)
    query.handler = query => {
      readFile(path, 'utf8', (error, text) => {
        query.strings = [text]
        if (error === null) executor.run(query)
        else executor.refuse(query, error)
      })
    }
    return query
  }
}

/**
 * The function `sql.notify`: tells a channel a text, by a query of `sql` like any other. It rejects with PostgreSQL's
 * error, as for a text of 8000 bytes or more.
 */
export function notify (sql: unknown): (channel: string, payload: string) => Promise<unknown> {
  return async (channel, payload) => await (sql as postgres.Sql)`select pg_notify(${channel}, ${`${payload}`})`
}

function isTemplate (first: unknown): first is TemplateStringsArray {
  return (first as TemplateStringsArray | null | undefined)?.raw !== undefined
}
