// What the benchmark needs of the recording core beside the plugin, in one place.
import { Catalogue } from '../../src/metrics/catalogue.js'
import { createExposition } from '../../src/metrics/exposition/exposition.js'
import { text004 } from '../../src/metrics/exposition/format.js'
import { secondsGrid } from '../../src/metrics/grid.js'
import { fastify } from '../../src/metrics/naming/fastify.js'

export interface Recorder {
  record: (seconds: number) => void
}

export interface LabelSet {
  method: string
  route: string
  status_code: string
}

/** One histogram family with the default naming's labels and buckets: 14 series for each set of labels. */
export interface Family {
  /** Records into the cell of one of the label sets. */
  record: (labelSet: number, seconds: number) => void
  /** What a scrape returns. */
  render: () => Promise<string | Uint8Array> | string | Uint8Array
}

/** Makes a cell that stands alone. */
export function makeCell (): Recorder {
  return new Catalogue().histogram('one', [], secondsGrid).cell()
}

/** Makes `http_request_duration_seconds` with a cell for each set of labels, and nothing else beside it. */
export function makeFamily (labelSets: LabelSet[]): Family {
  const catalogue = new Catalogue({ maxSeries: labelSets.length })
  const requests = catalogue.histogram('http.server.requests', ['method', 'route', 'status', 'scheme'], secondsGrid)
  const cells = labelSets.map(({ method, route, status_code: status }) => requests.cell(method, route, status, 'http'))
  const exposition = createExposition(
    catalogue,
    fastify.filter(({ name }) => name === 'http_request_duration_seconds'),
    text004
  )
  return {
    record: (labelSet, seconds) => { cells[labelSet]?.record(seconds) },
    render: () => {
      const text = exposition.render().text
      exposition.recycle(text)
      return text
    }
  }
}
