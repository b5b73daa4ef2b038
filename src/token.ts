import { createHash, timingSafeEqual } from 'node:crypto'
import createError from '@fastify/error'
import type { FastifyReply, FastifyRequest } from 'fastify'

export const TokenRequired = createError('TOKEN_REQUIRED', 'Send the header "authorization: Bearer <token>" with the token that this service was started with', 401)

export interface TokenGuardOptions {
  /** Whether browsers ask people for the token, as the password of any user. */
  browsers?: boolean
}

/** Makes an `onRequest` hook that lets only requests with the token pass; the time it takes tells nothing about the token. */
export function createTokenGuard (token: string, { browsers = false }: TokenGuardOptions = {}): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const expected = digest(token)
  const challenge = browsers ? 'Basic realm="fastify-vitals", charset="UTF-8"' : 'Bearer'
  return async ({ headers: { authorization = '' } }, reply) => {
    const sent = bearer(authorization) ?? (browsers ? password(authorization) : undefined) ?? ''
    if (!timingSafeEqual(digest(sent), expected)) {
      reply.header('www-authenticate', challenge)
      throw new TokenRequired()
    }
  }
}

function bearer (authorization: string): string | undefined {
  return /^bearer +(.+)$/i.exec(authorization)?.[1]
}

// https://www.rfc-editor.org/rfc/rfc7617
function password (authorization: string): string | undefined {
  const [, encoded = ''] = /^basic +([\w+/=-]+)$/i.exec(authorization) ?? []
  const credentials = Buffer.from(encoded, 'base64').toString()
  const colon = credentials.indexOf(':')
  return colon === -1 ? undefined : credentials.slice(colon + 1)
}

// Digests have one length, which timingSafeEqual asks for.
function digest (text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
