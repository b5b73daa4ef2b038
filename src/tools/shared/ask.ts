export interface Answer {
  status: number
  type: string
  text: string
}

export interface Question {
  method?: string
  /** Sent as JSON. */
  body?: unknown
  headers?: Record<string, string>
  /** Milliseconds until the other side counts as silent. */
  timeout?: number
}

/** Nothing came back: `code` is the reason of the network, such as ECONNREFUSED. */
export class Unreachable extends Error {
  constructor (readonly origin: string, readonly code: string, readonly reason: string) {
    super(`${origin} ${reason} (${code})`)
  }
}

const reasons: Record<string, string> = {
  ECONNREFUSED: 'refuses connections: nothing listens there',
  ENOTFOUND: 'is no host that this machine knows',
  EAI_AGAIN: 'is no host that this machine can look up now',
  ECONNRESET: 'closed the connection without an answer',
  UND_ERR_SOCKET: 'closed the connection without an answer',
  TIMEOUT: 'does not answer in time'
}

/**
 * Asks below a URL, with its user and password as basic auth. Throws Unreachable when no answer comes, whose text does
 * not show them.
 */
export async function ask (
  base: URL,
  path: string,
  { method = 'GET', body, headers = {}, timeout = 10_000 }: Question = {}
): Promise<Answer> {
  const { origin, pathname, username, password } = base
  const credentials = [username, password].map(decodeURIComponent).join(':')
  const basic = `Basic ${Buffer.from(credentials).toString('base64')}`
  try {
    const response = await fetch(origin + pathname.replace(/\/$/, '') + path, {
      method,
      headers: {
        ...username !== '' && { authorization: basic },
        ...body !== undefined && { 'content-type': 'application/json' },
        ...headers
      },
      ...body !== undefined && { body: JSON.stringify(body) },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout)
    })
    return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() }
  } catch (error) {
    const code = codeOf(error)
    throw new Unreachable(origin, code, reasons[code] ?? 'cannot be asked')
  }
}

function codeOf (error: unknown): string {
  const { name, cause } = error as { name?: string, cause?: { code?: string, message?: string } }
  return name === 'TimeoutError' ? 'TIMEOUT' : cause?.code ?? cause?.message ?? String(name)
}
