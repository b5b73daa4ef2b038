/** What the variables at the top of a dashboard choose, as label matchers. */
const chosen = 'namespace=~"$namespace", job=~"$job", instance=~"$instance"'

/** Requests of users: those of probes and of scrapes are not. ops/prometheus/rules leave the same out. */
export const ofUsers = 'route!~"/health.*|/metrics/?"'

/** The chosen targets' series of a metric; `filter` holds further label matchers. */
export function series (metric: string, filter = ''): string {
  return `${metric}{${[chosen, filter].filter(Boolean).join(', ')}}`
}

/** How much a counter grows per second. */
export function rate (metric: string, filter?: string): string {
  return `rate(${series(metric, filter)}[$__rate_interval])`
}

/** How much a counter grows per second, in all or by labels. */
export function perSecond (metric: string, by = '', filter?: string): string {
  return `sum${grouping(by)} (${rate(metric, filter)})`
}

/** The mean of what a histogram holds, in all or by labels. */
export function mean (histogram: string, by = '', filter?: string): string {
  return `${perSecond(`${histogram}_sum`, by, filter)} / ${perSecond(`${histogram}_count`, by, filter)}`
}

/** The value that a share `q` of what a histogram holds stays under, in all or by labels. */
export function quantile (q: number, histogram: string, by = '', filter?: string): string {
  return `histogram_quantile(${q}, ${buckets(histogram, by, filter)})`
}

/**
 * How much each bucket of all users' requests grows per second, as the rules record it: as cheap for 1,000 routes as
 * for one.
 */
export const requestBuckets = `sum by (le) (${series('instance_le:http_request_duration_seconds_bucket:rate5m')})`

/** How much each bucket of a histogram grows per second. */
export function buckets (histogram: string, by = '', filter?: string): string {
  return perSecond(`${histogram}_bucket`, ['le', by].filter(Boolean).join(', '), filter)
}

/**
 * A query by `label` whose series exist only once something went wrong: 0, labelled `none`, while targets are up and
 * nothing did.
 */
export function orNone (label: string, query: string): string {
  return `${query} or on () label_replace(0 * max(${series('up')} == 1), "${label}", "none", "", "")`
}

function grouping (by: string): string {
  return by === '' ? '' : ` by (${by})`
}
