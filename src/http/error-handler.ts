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

// What a log says where the words for the client name what it sent, or tell it what to do.
const reasons: Record<string, string> = {
  NOT_FOUND: 'there is no such route',
  TOKEN_REQUIRED: 'no token, or a wrong one'
}
// Errors of one wording whatever was sent.
const constant = /^(FST_ERR_CTP_\w+|BAD_URL|PARAMETER_TOO_LONG|INVALID_UTF8|METHOD_NOT_ALLOWED|OVERLOADED|READS_BUSY)$/

const longestPath = 200
const retryAfterSeconds = 5

/** What pino's loggers have, and Fastify's when it logs nothing have not. */
interface Logger {
  isLevelEnabled: (level: string) => boolean
  setBindings: (bindings: object) => void
}

type ErrorHandler = (
  thrown: FastifyError | null | undefined, request: FastifyRequest, reply: FastifyReply
) => FastifyReply

/**
 * Makes what answers with an error as JSON. What the client did not cause is logged, and told without detail; a handler
 * may have thrown anything. Why a request was refused is in the line that tells of its end, as `code` and `reason`.
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
    const own = framework[error.code]
    if (own !== undefined) logEnd(request, reply)
    return refuse(request, reply, own ?? error)
  }
}

/**
 * Makes what answers a request that no route matches.
 * @param docs - whether the routes that there are can be looked up in `/docs`
 */
export function createNotFoundHandler (docs: boolean): (request: FastifyRequest, reply: FastifyReply) => FastifyReply {
  const advice = docs ? ': /docs lists what there is' : ''
  return (request, reply) => {
    const [path = ''] = request.url.split('?')
    return refuse(request, reply, new NotFound(request.method, path.slice(0, longestPath), advice))
  }
}

/** Answers with an error of the client's; the request's log lines from now on say why. */
function refuse (request: FastifyRequest, reply: FastifyReply, error: FastifyError): FastifyReply {
  const log = request.log as Partial<Logger>
  if (log.isLevelEnabled?.('info') === true) {
    const reason = reasonOf(error)
    log.setBindings?.({ ...error.code !== undefined && { code: error.code }, ...reason !== undefined && { reason } })
    // The end of what has nobody to be sent to is told by nothing else.
    if (request.raw.errored !== null) request.log.info({ responseTime: reply.elapsedTime }, 'request aborted')
  }
  return answer(reply, error)
}

/** Why, without what the client sent: an error's own `reason`, or its message where that is always the same. */
function reasonOf ({ code, message, reason = reasons[code] }: FastifyError & { reason?: string }): string | undefined {
  return reason ?? (constant.test(code) ? message : undefined)
}

/** Logs the end of a request that Fastify refuses before it has a route, as Fastify does of others. */
function logEnd ({ log }: FastifyRequest, reply: FastifyReply): void {
  reply.raw.once('finish', () => { log.info({ res: reply, responseTime: reply.elapsedTime }, 'request completed') })
}

function answer (reply: FastifyReply, { statusCode = 500, code, message }: FastifyError): FastifyReply {
  return reply.code(statusCode).send({ statusCode, code, error: STATUS_CODES[statusCode], message })
}
