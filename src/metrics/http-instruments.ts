import type { Catalogue, Instrument } from './catalogue.js'
import type { HistogramCell, ValueCell } from './cell.js'
import { bytesGrid, secondsGrid } from './grid.js'

export interface HttpInstruments {
  /** Requests that were answered, in seconds, by method, route, status and scheme. */
  requests: Instrument<HistogramCell>
  /** Requests whose answer did not end, since the client left or a stream broke, in seconds until then. */
  aborted: Instrument<HistogramCell>
  started: ValueCell
  /** Requests that were refused under pressure, by reason. */
  shed: Instrument<ValueCell>
  /** Errors that a hook or handler threw, by route and type. */
  errors: Instrument<ValueCell>
  /** What the HTTP parser refused, by status code. */
  clientErrors: Instrument<ValueCell>
  /** Undefined when the sizes of bodies are not recorded. */
  bodies: BodyInstruments | undefined
}

export interface BodyInstruments {
  /** Requests without a body are not recorded: they are the rest. */
  request: HistogramCell
  response: HistogramCell
  /** Requests whose body came in pieces, so that its size was not known. */
  unsized: ValueCell
}

/**
 * Declares what is recorded of HTTP.
 * @param sizes - whether the sizes of bodies are
 * @param routeLabels - labels that a route has besides
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
