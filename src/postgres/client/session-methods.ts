import type postgres from 'postgres'
import { openLargeObject } from './large-object.js'
import { createQueryMethods } from './query-methods.js'
import { begin, type Lessor, type TransactionFunction } from './transaction.js'

export type SessionMethods = ReturnType<typeof createSessionMethods>

/**
 * Makes a function that returns a client's `begin`, `reserve` and `largeObject`: those that need a connection for
 * longer than one query. The connections come from the lessor that it is called with; each method rejects as leasing
 * does, `begin` with a TypeError when it is given no function, and else as the transaction does.
 * @param notesPlaces - whether to note where in the program these are called, for the warning about a connection that
 * is held for too long
 */
export function createSessionMethods (build: postgres.Sql, notesPlaces: boolean) {
  const place = () => notesPlaces ? new Error('held') : undefined

  return (lessor: Lessor) => {
    async function beginHere (first: string | TransactionFunction, second?: TransactionFunction): Promise<unknown> {
      const [characteristics, run] = typeof first === 'string' ? [first, second] : ['', first]
      if (typeof run !== 'function') throw new TypeError(`begin needs a function, but got ${typeof run}`)
      return await begin(build, lessor, characteristics, run, place())
    }

    async function reserve (): Promise<postgres.ReservedSql> {
      const lease = await lessor.lease(place())
      const release = () => { lease.end('The connection was released') }
      return Object.assign(createQueryMethods(build, lease), { release }) as unknown as postgres.ReservedSql
    }

    const largeObject = async (oid?: number, mode?: number) => await openLargeObject(beginHere, oid, mode)
    return { begin: beginHere, reserve, largeObject }
  }
}
