import { inThisContext, queriesInContext } from '../../metrics/queries/request-context.js'
import type { RequestQueries } from '../../metrics/queries/request-queries.js'
import type { Query } from './driver.js'

/**
 * Returns the request that a query counts for, if there is one; batches and rows of a cursor are passed on in that
 * request's context.
 */
export function requestOf (query: Query): RequestQueries | undefined {
  const request = queriesInContext()
  if (request === undefined) return undefined
  if (query.cursorFn !== undefined) query.cursorFn = inThisContext(query.cursorFn)
  if (query.forEachFn !== undefined) query.forEachFn = inThisContext(query.forEachFn)
  return request
}
