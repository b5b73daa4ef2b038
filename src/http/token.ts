import type { FastifyReply, FastifyRequest } from 'fastify'
import { TokenRequired } from './errors.js'
import { basicChallenge, createTokenCheck, tokenRequired } from './token-check.js'

export interface TokenGuardOptions {
  /** Whether browsers ask people for the token, as the password of any user. */
  browsers?: boolean
}

/**
 * Makes an `onRequest` hook that lets only requests with the token pass. The hook throws TokenRequired, which is
 * answered with 401 and a `WWW-Authenticate` header, when a request has none or another.
 */
export function createTokenGuard (
  token: string,
  { browsers = false }: TokenGuardOptions = {}
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const hasToken = createTokenCheck(token, browsers)
  return async ({ headers }, reply) => {
    if (hasToken(headers.authorization)) return
    reply.header('www-authenticate', browsers ? basicChallenge : 'Bearer')
    throw new TokenRequired(tokenRequired)
  }
}
