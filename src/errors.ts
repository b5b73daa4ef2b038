import createError from '@fastify/error'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { STATUS_CODES } from 'node:http'
import { codeOf, isUnavailable } from './postgres/unavailable.js'

const DatabaseUnavailable = createError('DATABASE_UNAVAILABLE', 'The database cannot be reached: try again in %s seconds', 503)
const Internal = createError('INTERNAL', 'Something went wrong in the service; its log says what', 500)
const NotFound = createError('NOT_FOUND', 'There is no %s %s: /docs lists what there is', 404)

const retryAfterSeconds = 5

/** Answers with an error as JSON. What the client did not cause is logged, and told without detail. */
export function handleError (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  // A client that leaves while it sends its request causes an error with the code of a lost connection, too.
  if (isUnavailable(error) && request.raw.errored === null) {
    request.log.warn({ code: codeOf(error) }, 'Database unavailable')
    return answer(reply.header('retry-after', retryAfterSeconds), new DatabaseUnavailable(retryAfterSeconds))
  }
  const status = error.statusCode ?? 500
  if (status < 400 || (status >= 500 && status !== 503)) {
    request.log.error({ err: error }, 'Request failed')
    return answer(reply, new Internal())
  }
  request.log.info({ code: error.code }, error.message)
  return answer(reply, error)
}

/** Answers a request that no route matches. */
export function handleNotFound (request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const [path] = request.url.split('?')
  return answer(reply, new NotFound(request.method, path))
}

function answer (reply: FastifyReply, { statusCode = 500, code, message }: FastifyError): FastifyReply {
  return reply.code(statusCode).send({ statusCode, code, error: STATUS_CODES[statusCode], message })
}
