import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import { isEventStream } from './event-stream.js'
import type { BodyInstruments } from './http-instruments.js'
import type { RouteCells } from './route-cells.js'

/**
 * What a response has besides what is documented: the length of its body if that was given whole, and its stream in
 * HTTP/2.
 */
type Response = ServerResponse & { _contentLength?: number | null, stream?: ServerHttp2Stream }

/** Records how a request ended, after so many seconds. */
export type Outcome = (route: RouteCells, request: IncomingMessage, response: ServerResponse, seconds: number) => void

export interface HttpOutcomes {
  /** Records a request that was answered. */
  finished: Outcome
  /** Records a request whose client left, or whose stream broke, before it was answered. */
  aborted: Outcome
  /** Returns which of the two it is when the client of a response has left: a stream of events always ends so. */
  left: (response: ServerResponse) => Outcome
}

/**
 * Creates what records the outcomes of requests, with the sizes of their bodies.
 * @param onAbort - called with the response of each request that is recorded as aborted
 */
export function createHttpOutcomes (
  bodies: BodyInstruments | undefined,
  onAbort: (response: ServerResponse) => void
): HttpOutcomes {
  const finished: Outcome = (route, request, response, seconds) => {
    route.finished(request.method as string, response.statusCode).record(seconds)
    if (bodies !== undefined) recordSizes(bodies, request, response)
    if (route.queries !== undefined) route.queries.end(request)
  }

  const aborted: Outcome = (route, request, response, seconds) => {
    onAbort(response)
    route.aborted(request.method as string).record(seconds)
    if (route.queries !== undefined) route.queries.end(request)
  }

  return { finished, aborted, left: response => isEventStream(response) ? finished : aborted }
}

function recordSizes (bodies: BodyInstruments, request: IncomingMessage, response: Response): void {
  const { headers } = request
  const length = headers['content-length']
  if (length !== undefined) bodies.request.record(Number(length))
  else if (headers['transfer-encoding'] !== undefined) bodies.unsized.add(1)
  const size = response._contentLength ??
    (response.stream === undefined ? undefined : Number(response.getHeader('content-length')))
  if (size !== undefined && size >= 0) bodies.response.record(request.method === 'HEAD' ? 0 : size)
}

/** Tells whether the response of a stream of HTTP/2 that was reset has finished, as it does all the same. */
export function wasReset ({ stream }: Response): boolean {
  return stream !== undefined && (stream.aborted || stream.rstCode !== 0 || !stream.writableFinished)
}
