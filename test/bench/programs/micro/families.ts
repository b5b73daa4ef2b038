import client from 'prom-client'
import { makeFamily, type Family, type LabelSet } from '../../ours.js'

/** Series of one histogram: prom-client's default buckets, +Inf, the sum and the count. */
export const seriesPerSet = 14

/** Makes the same family of series by one of the two. */
export function family (by: 'ours' | 'prom-client', series: number): Family {
  const labelSets = Array.from(
    { length: series / seriesPerSet },
    (_, set) => ({ method: 'GET', route: `/api/things/${Math.floor(set / 4)}/:id`, status_code: String(200 + set % 4) })
  )
  return by === 'ours' ? makeFamily(labelSets) : promFamily(labelSets)
}

function promFamily (labelSets: LabelSet[]): Family {
  const registry = new client.Registry()
  const histogram = new client.Histogram({
    name: 'http_request_duration_seconds',
    help: 'Seconds',
    labelNames: ['method', 'route', 'status_code'],
    registers: [registry]
  })
  const children = labelSets.map(labels => histogram.labels({ ...labels }))
  return {
    record: (labelSet, seconds) => children[labelSet]?.observe(seconds),
    render: async () => await registry.metrics()
  }
}
