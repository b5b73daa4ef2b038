import type postgres from 'postgres'
import type { Query } from '../query/driver.js'
import type { QuerySource } from '../query/query-events.js'
import { requestOf } from '../query/request-of.js'
import { Statement, type Executor, type StatementObserver } from '../query/statement.js'

const ignore = () => {}
const room = { withdraw: ignore }
const executor: Executor = { refusal: () => undefined, settled: ignore, streams: ignore }

type AnyFunction = (...args: never[]) => unknown

/**
 * Wraps a client that this package did not make. Returns a client that does the same, and tells an observer each
 * query's outcome and the time until then.
 */
export function timeClient (sql: postgres.Sql, observer: StatementObserver, source: QuerySource): postgres.Sql {
  const observers = [observer]

  function watched<T> (made: T): T {
    const query = made as unknown as Query
    const { handler } = query
    if (typeof handler !== 'function' || !(made instanceof Promise)) return made
    query.handler = query => {
      if (query.cancelled === null) {
        const statement = new Statement(query, room, observers).asked(requestOf(query), source)
        statement.begin(executor, statement.askedAt)
      }
      return handler(query)
    }
    return made
  }

  /** Transactions and reserved connections have the same functions as the client itself. */
  function wrap (sql: AnyFunction): AnyFunction {
    const timed = (...args: never[]) => watched(sql(...args))
    const { length: _length, name: _name, ...properties } = Object.getOwnPropertyDescriptors(sql)
    Object.defineProperties(timed, properties)
    const { unsafe, file, begin, savepoint, reserve } = sql as unknown as Record<string, AnyFunction | undefined>
    const making = (make: AnyFunction) => (...args: never[]) => watched(make(...args))
    const running = (run: AnyFunction) =>
      (...args: never[]) => run(...args.map(arg => typeof arg === 'function' ? within(arg) : arg) as never[])
    return Object.assign(timed,
      unsafe !== undefined && { unsafe: making(unsafe) },
      file !== undefined && { file: making(file) },
      begin !== undefined && { begin: running(begin) },
      savepoint !== undefined && { savepoint: running(savepoint) },
      reserve !== undefined && { reserve: async () => wrap(await reserve() as AnyFunction) })
  }

  function within (run: AnyFunction): AnyFunction {
    return ((sql: AnyFunction) => run(wrap(sql) as never)) as AnyFunction
  }

  return wrap(sql as unknown as AnyFunction) as unknown as postgres.Sql
}
