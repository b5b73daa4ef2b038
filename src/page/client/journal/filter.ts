import { place, setQuery } from '../ui/router.js'

/** The hours of each period that can be chosen, by its name in the address; Infinity is everything. */
export const periods = { '1h': 1, '6h': 6, '24h': 24, '7d': 168, '30d': 720, all: Infinity } as const
export type Period = keyof typeof periods
const usual: Period = '24h'

/** The filter in the address. */
export interface Filter {
  status: string
  name: string
  severity: string
  label: string
  period: Period
  cursor: string
}

/** Reads a filter from an address. What is missing is empty, and a period that there is not is the usual one. */
export function filterOf (query: URLSearchParams): Filter {
  const of = (name: string) => query.get(name) ?? ''
  const period = of('period')
  return {
    status: of('status'),
    name: of('name'),
    severity: of('severity'),
    label: of('label'),
    period: Object.hasOwn(periods, period) ? period as Period : usual,
    cursor: of('cursor')
  }
}

/** Changes the filter in the address, and goes to the first page. */
export function choose (change: Partial<Filter>): void {
  const { period, ...rest } = change
  setQuery({ ...rest, ...period !== undefined && { period: period === usual ? '' : period }, cursor: '', alert: '' })
}

/** Takes everything from the filter, and chooses the usual period. */
export function clear (): void {
  choose({ status: '', name: '', severity: '', label: '', period: usual })
}

/** Tells whether a filter has anything besides a period. */
export function isNarrow ({ status, name, severity, label }: Filter): boolean {
  return [status, name, severity, label].some(value => value !== '')
}

/** Returns when the period of a filter begins, in milliseconds since 1970; null for everything. */
export function beginOf ({ period }: Filter): number | null {
  return period === 'all' ? null : Date.now() - periods[period] * 3_600_000
}

/** Returns a filter as the query of a route of the journal, with those parameters in `only`, which the route knows. */
export function parametersOf (
  filter: Filter,
  only: Array<'status' | 'name' | 'severity' | 'label'> = ['status', 'name', 'severity', 'label']
): URLSearchParams {
  const begin = beginOf(filter)
  const parameters = new URLSearchParams(only.flatMap(name => filter[name] === '' ? [] : [[name, filter[name]]]))
  if (begin !== null) parameters.set('from', new Date(begin).toISOString())
  return parameters
}

/** Returns the address that shows an alert, or none when the id is empty. */
export function alertAddress (id: string): string {
  const query = new URLSearchParams(place.value.query)
  if (id === '') query.delete('alert')
  else query.set('alert', id)
  const text = query.toString()
  return `${location.pathname}${text === '' ? '' : `?${text}`}`
}
