import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { TokenRequired } from './errors.js'

/** Makes an `onRequest` hook that lets only requests with the bearer token pass; the time it takes tells nothing about the token. */
export function createTokenGuard (token: string): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const expected = digest(token)
  return async (request, reply) => {
    const [, sent = ''] = /^bearer +(.+)$/i.exec(request.headers.authorization ?? '') ?? []
    if (!timingSafeEqual(digest(sent), expected)) {
      reply.header('www-authenticate', 'Bearer')
      throw new TokenRequired()
    }
  }
}

// Digests have one length, which timingSafeEqual asks for.
function digest (text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
