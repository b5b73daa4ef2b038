import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { InvalidBody, InvalidQuery } from './errors.js'

/** Refuses text that is not UTF-8, with 400. Fastify itself reads what is not as the character U+FFFD. */
export function refuseInvalidUtf8 (app: FastifyInstance): void {
  parseJson(app, 'error')
  app.addHook('onRoute', route => {
    // Routes without a schema for it do not read the query.
    if (route.schema?.querystring === undefined) return
    const hooks = [refuseInvalidQuery, ...[route.preValidation ?? []].flat()]
    route.preValidation = hooks as NonNullable<RouteOptions['preValidation']>
  })
}

function refuseInvalidQuery (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void {
  done(isUtf8Query(request) ? undefined : new InvalidQuery())
}

/**
 * Parses JSON in an app, or a part of it, that has to be UTF-8. A key `__proto__`, and `prototype` in `constructor`, is
 * an error, or with `ignore` a key like any other.
 */
export function parseJson (app: FastifyInstance, proto: 'error' | 'ignore'): void {
  const parse = app.getDefaultJsonParser(proto, proto)
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (isUtf8(body)) parse(request, body.toString(), done)
    else done(new InvalidBody())
  })
}

function isUtf8Query ({ url }: FastifyRequest): boolean {
  const question = url.indexOf('?')
  if (question < 0 || !url.includes('%', question)) return true
  try {
    decodeURIComponent(url.slice(question))
    return true
  } catch {
    return false
  }
}
