import type { Catalogue, Instrument } from '../catalogue.js'
import type { HistogramCell, ValueCell } from '../cell.js'
import { bytesGrid, secondsGrid } from '../grid.js'

export interface HttpInstruments {
  /** Requests that were answered, in seconds, by method, route, status and scheme. */
  requests: Instrument<HistogramCell>
  /** Requests whose response did not end, since the client left or a stream broke, in seconds until then. */
  aborted: Instrument<HistogramCell>
  started: ValueCell
  /** Requests that were refused under pressure, by reason. */
  shed: Instrument<ValueCell>
  /** Errors that a hook or handler threw, by route and type. */
  errors: Instrument<ValueCell>
  /** Requests that the HTTP parser refused, by status code. */
  clientErrors: Instrument<ValueCell>
  /** Undefined when the sizes of bodies are not recorded. */
  bodies: BodyInstruments | undefined
}

export interface BodyInstruments {
  /**
   * Sizes of request bodies, in bytes. Requests without a body are not recorded here: the naming adds them as zeros.
   */
  request: HistogramCell
  response: HistogramCell
  /** Requests with `Transfer-Encoding: chunked`, which say no size of their body. */
  unsized: ValueCell
}

/**
 * Declares the instruments of HTTP. Throws a TypeError when the catalogue has them already.
 * @param sizes - whether the sizes of bodies are recorded
 * @param routeLabels - names of labels that routes have beside the usual ones
 */
export function createHttpInstruments (
  catalogue: Catalogue,
  sizes: boolean,
  routeLabels: readonly string[] = []
): HttpInstruments {
  const requests = catalogue.histogram(
    'http.server.requests',
    ['method', 'route', 'status', 'scheme', ...routeLabels],
    secondsGrid
  )
  const aborted = catalogue.histogram('http.server.aborted', ['method', 'route', 'scheme', ...routeLabels], secondsGrid)
  const started = catalogue.value('http.server.started').cell()
  const bodies = sizes
    ? {
        request: catalogue.histogram('http.server.request.body', [], bytesGrid).cell(),
        response: catalogue.histogram('http.server.response.body', [], bytesGrid).cell(),
        unsized: catalogue.value('http.server.request.unsized').cell()
      }
    : undefined
  return {
    requests,
    aborted,
    started,
    shed: catalogue.value('http.server.shed', ['reason']),
    errors: catalogue.value('http.server.errors', ['route', 'type', ...routeLabels]),
    clientErrors: catalogue.value('http.server.client_errors', ['code']),
    bodies
  }
}
