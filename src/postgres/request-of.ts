import { inThisContext, queriesInContext } from '../metrics/queries/request-context.js'
import type { RequestQueries } from '../metrics/queries/request-queries.js'
import type { Query } from './driver.js'

/** The request in whose course a query is asked; what the query tells in pieces is told there, too. */
export function requestOf (query: Query): RequestQueries | undefined {
  const request = queriesInContext()
  if (request === undefined) return undefined
  if (query.cursorFn !== undefined) query.cursorFn = inThisContext(query.cursorFn)
  if (query.forEachFn !== undefined) query.forEachFn = inThisContext(query.forEachFn)
  return request
}
