import { readFile } from 'node:fs'
import type postgres from 'postgres'
import type { Query } from './driver.js'
import { noteOrigin } from './origin.js'

/** What executes the queries of a client, a transaction or a reserved connection. */
export interface QueryExecutor {
  run: (query: Query) => void
  /** Rejects a query that could not be executed. */
  refuse: (query: Query, error: unknown) => void
}

/**
 * The functions that make queries, as a client, a transaction and a reserved connection have them: those of a client
 * that never connects, whose queries are given to another to execute.
 */
export function createQueryMethods (build: postgres.Sql, executor: QueryExecutor): postgres.ISql {
  const sql = tagged(build, executor)
  const { types, typed, array, json } = build
  return Object.assign(sql, {
    types, typed, array, json, unsafe: unsafe(build, executor), file: file(build, executor), notify: notify(sql)
  }) as unknown as postgres.ISql
}

/** The function itself: a tagged template, or a helper to be put into one. */
export function tagged (
  build: postgres.Sql,
  { run }: Pick<QueryExecutor, 'run'>
): (strings?: unknown, ...args: unknown[]) => unknown {
  const make = build as unknown as (...args: unknown[]) => Query

  /** The template that was asked with last, which mostly is asked with again. */
  let last: TemplateStringsArray | undefined

  // Not `...args` whose first is read: with that, V8 (of Node.js 20) keeps the garbage of each query beyond its
  // collections.
  function sql (strings?: unknown, ...args: unknown[]): unknown {
    const made = make(strings, ...args)
    // Else it is a helper, to be put into a query.
    if (isTemplate(strings)) {
      if (strings !== last) noteOrigin(last = strings, sql)
      made.handler = run
    }
    return made
  }
  return sql
}

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

export function notify (sql: unknown): (channel: string, payload: string) => Promise<unknown> {
  return async (channel, payload) => await (sql as postgres.Sql)`select pg_notify(${channel}, ${`${payload}`})`
}

function isTemplate (first: unknown): first is TemplateStringsArray {
  return (first as TemplateStringsArray | null | undefined)?.raw !== undefined
}
