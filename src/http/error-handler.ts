import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { STATUS_CODES } from 'node:http'
import { codeOf } from '../error-code.js'
import { safeMessage } from '../log.js'
import { BadUrl, DatabaseUnavailable, Internal, NotFound, ParameterTooLong } from './errors.js'

// Fastify's own words repeat the whole URL.
const framework: Record<string, FastifyError> = {
  FST_ERR_BAD_URL: new BadUrl(),
  FST_ERR_MAX_PARAM_LENGTH: new ParameterTooLong()
}

const longestPath = 200
const retryAfterSeconds = 5

type ErrorHandler = (
  thrown: FastifyError | null | undefined, request: FastifyRequest, reply: FastifyReply
) => FastifyReply

/**
 * Makes what answers with an error as JSON. What the client did not cause is logged, and told without detail; a handler
 * may have thrown anything.
 * @param isUnavailable - whether an error means that the database cannot serve now
 */
export function createErrorHandler (isUnavailable: (error: unknown) => boolean): ErrorHandler {
  return (thrown, request, reply) => {
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
      request.log.error({ err: thrown ?? null }, 'Request failed')
      return answer(reply, new Internal())
    }
    const told = framework[error.code] ?? error
    // Not its message, which names what the client sent.
    request.log.info({ code: told.code, statusCode: status }, 'Request refused')
    return answer(reply, told)
  }
}

/** Answers a request that no route matches. */
export function handleNotFound (request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const [path = ''] = request.url.split('?')
  return answer(reply, new NotFound(request.method, path.slice(0, longestPath)))
}

function answer (reply: FastifyReply, { statusCode = 500, code, message }: FastifyError): FastifyReply {
  return reply.code(statusCode).send({ statusCode, code, error: STATUS_CODES[statusCode], message })
}
