import { createHash, timingSafeEqual } from 'node:crypto'

/**
 * Makes a function that tells whether an `Authorization` header has a token; the time it takes tells nothing about the
 * token.
 * @param browsers - whether it may also be the password of any user
 */
export function createTokenCheck (token: string, browsers: boolean): (authorization?: string) => boolean {
  const expected = digest(token)
  return (authorization = '') => {
    const sent = bearer(authorization) ?? (browsers ? password(authorization) : undefined) ?? ''
    return timingSafeEqual(digest(sent), expected)
  }
}

/** The `WWW-Authenticate` header that asks browsers for a password. */
export const basicChallenge = 'Basic realm="fastify-vitals", charset="UTF-8"'

/** What an answer says that refuses for want of a token. */
export const tokenRequired = 'Send the header "authorization: Bearer <token>" ' +
  'with the token that this service was started with'

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
