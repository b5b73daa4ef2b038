import { isUtf8 } from 'node:buffer'
import createError from '@fastify/error'
import type { FastifyInstance, FastifyRequest } from 'fastify'

const InvalidBody = createError('INVALID_UTF8', 'body is not valid UTF-8', 400)
const InvalidQuery = createError('INVALID_UTF8', 'querystring is not percent-encoded UTF-8', 400)

/** Has an app refuse text that is not UTF-8, with 400. Fastify itself takes the character U+FFFD for what it cannot read. */
export function refuseInvalidUtf8 (app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (isUtf8(body)) parse(request, body.toString(), done)
    else done(new InvalidBody())
  })
  app.addHook('preValidation', (request, _reply, done) => { done(isUtf8Query(request) ? undefined : new InvalidQuery()) })
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
