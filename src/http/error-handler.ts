import createError from '@fastify/error'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { STATUS_CODES } from 'node:http'
import { codeOf } from '../error-code.js'
import { safeMessage } from '../log.js'
import { isUnavailable } from '../postgres/unavailable.js'

const DatabaseUnavailable = createError(
  'DATABASE_UNAVAILABLE',
  'The database cannot serve this now: try again in %s seconds',
  503
)
const Internal = createError('INTERNAL', 'Something went wrong in the service; its log says what', 500)
const NotFound = createError('NOT_FOUND', 'There is no %s %s: /docs lists what there is', 404)
// Fastify's own words repeat the whole URL.
const framework: Record<string, FastifyError> = {
  FST_ERR_BAD_URL: new (createError('BAD_URL', 'The URL is not percent-encoded as it should be', 400))(),
  FST_ERR_MAX_PARAM_LENGTH: new (createError(
    'PARAMETER_TOO_LONG',
    'A part of the path is longer than any that this service knows',
    414
  ))()
}

const longestPath = 200
const retryAfterSeconds = 5

/**
 * Answers with an error as JSON. What the client did not cause is logged, and told without detail; a handler may have
 * thrown anything.
 */
export function handleError (
  thrown: FastifyError | null | undefined,
  request: FastifyRequest,
  reply: FastifyReply
): FastifyReply {
  const error = (thrown ?? {}) as FastifyError
  // A client that leaves while it sends its request causes an error with the code of a lost connection, too.
  if (isUnavailable(error) && request.raw.errored === null) {
    request.log.warn(
      { code: codeOf(error), ...error.name === 'PostgresError' && { reason: safeMessage(error) } },
      'Database unavailable'
    )
    return answer(reply.header('retry-after', retryAfterSeconds), new DatabaseUnavailable(retryAfterSeconds))
  }
  const status = error.statusCode ?? 500
  if (status < 400 || (status >= 500 && status !== 503)) {
    request.log.error({ err: error }, 'Request failed')
    return answer(reply, new Internal())
  }
  const told = framework[error.code] ?? error
  // Not its message, which names what the client sent.
  request.log.info({ code: told.code, statusCode: status }, 'Request refused')
  return answer(reply, told)
}

/** Answers a request that no route matches. */
export function handleNotFound (request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const [path = ''] = request.url.split('?')
  return answer(reply, new NotFound(request.method, path.slice(0, longestPath)))
}

function answer (reply: FastifyReply, { statusCode = 500, code, message }: FastifyError): FastifyReply {
  return reply.code(statusCode).send({ statusCode, code, error: STATUS_CODES[statusCode], message })
}
