import type { Catalogue, Instrument } from './catalogue.js'
import type { HistogramCell, ValueCell } from './cell.js'
import { bytesGrid, secondsGrid } from './grid.js'

export interface HttpInstruments {
  /** Requests that were answered, in seconds, by method, route, status and scheme. */
  requests: Instrument<HistogramCell>
  /** Requests whose client left before the answer, in seconds until then. */
  aborted: Instrument<HistogramCell>
  started: ValueCell
  inFlight: ValueCell
  /** Errors that a hook or handler threw, by route and type. */
  errors: Instrument<ValueCell>
  /** What the HTTP parser refused, by status code. */
  clientErrors: Instrument<ValueCell>
  requestBytes: HistogramCell
  responseBytes: HistogramCell
}

/** Declares what is recorded of HTTP. */
export function createHttpInstruments (catalogue: Catalogue): HttpInstruments {
  const requests = catalogue.histogram('http.server.requests', ['method', 'route', 'status', 'scheme'], secondsGrid)
  const aborted = catalogue.histogram('http.server.aborted', ['method', 'route', 'scheme'], secondsGrid)
  const started = catalogue.value('http.server.started').cell()
  const inFlight = catalogue.value('http.server.in_flight').cell()
  const countOf = ({ series }: Instrument<HistogramCell>) => series.reduce((sum, { cell }) => sum + cell.count, 0)
  catalogue.onRefresh(() => { inFlight.set(started.value - countOf(requests) - countOf(aborted)) })
  return {
    requests,
    aborted,
    started,
    inFlight,
    errors: catalogue.value('http.server.errors', ['route', 'type']),
    clientErrors: catalogue.value('http.server.client_errors', ['code']),
    requestBytes: catalogue.histogram('http.server.request.body', [], bytesGrid).cell(),
    responseBytes: catalogue.histogram('http.server.response.body', [], bytesGrid).cell()
  }
}
