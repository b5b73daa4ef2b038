import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { basicChallenge, createTokenCheck, tokenRequired } from '../http/token-check.js'
import type { Address } from './address.js'
import { allowSameHost } from './cross-origin.js'
import type { Observed } from './observed.js'
import { NotInspectable, ProfilerBusy, type Profiler } from './profiler.js'
import type { Answer } from './protocol.js'

const longestProfileSeconds = 60

/** Milliseconds, as Fastify has it: longer than between two scrapes or probes, which else would each connect anew. */
const keepAliveTimeout = 72_000

type Handler = (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => Promise<void>

/**
 * Creates the server of the management port, with an app's metrics and probes, and profiles of the process. It does not
 * listen yet.
 */
export function createManagementServer (
  observed: Observed,
  profiler: Profiler,
  { token = '', http = {} }: Address
): Server {
  const hasToken = token === '' ? () => true : createTokenCheck(token, true)

  const guarded = (handler: Handler): Handler => async (request, response, query) => {
    if (hasToken(request.headers.authorization)) {
      await handler(request, response, query)
      return
    }
    response.setHeader('www-authenticate', basicChallenge)
    refuse(response, 401, 'TOKEN_REQUIRED', tokenRequired)
  }

  const probe = (ask: () => Answer | Promise<Answer>): Handler => async (_request, response) => {
    const { status, body } = await ask()
    sendJson(response, status, body)
  }

  async function sendMetrics ({ headers }: IncomingMessage, response: ServerResponse) {
    const wanted = { accept: headers.accept, acceptEncoding: headers['accept-encoding'] as string | undefined }
    const scraped = await observed.scrape(wanted)
    response.once('close', scraped.release)
    response.writeHead(200, { ...scraped.headers, 'content-length': scraped.body.length }).end(scraped.body)
  }

  async function sendProfile (_request: IncomingMessage, response: ServerResponse, query: URLSearchParams) {
    const asked = query.get('seconds') ?? '5'
    const seconds = Number(asked)
    if (!(seconds >= 0.1 && seconds <= longestProfileSeconds)) {
      refuse(
        response,
        400,
        'INVALID_SECONDS',
        `seconds is ${JSON.stringify(asked.slice(0, 100))}, but must be a number from 0.1 to ${longestProfileSeconds}`
      )
      return
    }
    try {
      const left = new AbortController()
      response.once('close', () => { left.abort() })
      const body = Buffer.from(JSON.stringify(await profiler.take(seconds * 1000, left.signal)))
      const name = `${new Date().toISOString().replace(/\.\d+Z$/, 'Z').replaceAll(':', '-')}.cpuprofile`
      const headers = {
        'content-type': 'application/json',
        'cache-control': 'no-store',
        'content-disposition': `attachment; filename="${name}"`
      }
      response.writeHead(200, { ...headers, 'content-length': body.length }).end(body)
    } catch (error) {
      if (error instanceof ProfilerBusy) refuse(response, 409, 'PROFILE_UNDER_WAY', error.message)
      else if (error instanceof NotInspectable) refuse(response, 501, 'PROFILE_NOT_AVAILABLE', error.message)
      else refuse(response, 504, 'PROFILE_NOT_TAKEN', (error as Error).message)
    }
  }

  const handlers: Record<string, Handler> = {
    '/metrics': guarded(sendMetrics),
    '/health': probe(observed.health),
    '/health/ready': probe(observed.ready),
    '/health/live': probe(observed.live),
    // Only with a token, since a profile shows the code, and taking it slows the service down.
    ...token !== '' && { '/debug/profile': guarded(sendProfile) }
  }

  async function serve (request: IncomingMessage, response: ServerResponse) {
    if (allowSameHost(request, response)) return
    const [path = '', query = ''] = (request.url ?? '').split('?')
    const handler = handlers[path.replace(/(?<=.)\/$/, '')]
    if (handler === undefined) {
      refuse(
        response,
        404,
        'NOT_FOUND',
        `There is no ${path.slice(0, 200)} here: there are ${Object.keys(handlers).join(', ')}`
      )
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD')
      refuse(response, 405, 'METHOD_NOT_ALLOWED', 'Only GET and HEAD are answered here')
    } else {
      await handler(request, response, new URLSearchParams(query))
    }
  }

  return createServer({ keepAliveTimeout, ...http }, (request, response) => {
    serve(request, response).catch(() => {
      if (response.headersSent) response.destroy()
      else refuse(response, 500, 'INTERNAL', 'Something went wrong in the observer')
    })
  })
}

function refuse (response: ServerResponse, statusCode: number, code: string, message: string): void {
  sendJson(response, statusCode, { statusCode, code, error: STATUS_CODES[statusCode], message })
}

function sendJson (response: ServerResponse, status: number, body: object): void {
  const bytes = Buffer.from(JSON.stringify(body))
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'content-length': bytes.length
  }
  response.writeHead(status, headers).end(bytes)
}
