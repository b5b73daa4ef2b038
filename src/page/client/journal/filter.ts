import { place, setQuery } from '../ui/router.js'

/** Hours that can be looked back, by their name in the address; Infinity is everything. */
export const periods = { '1h': 1, '6h': 6, '24h': 24, '7d': 168, '30d': 720, all: Infinity } as const
export type Period = keyof typeof periods
const usual: Period = '24h'

/** The filter that the address has. */
export interface Filter {
  status: string
  name: string
  severity: string
  label: string
  period: Period
  cursor: string
}

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

/** Changes the filter in the address, and goes back to the first page. */
export function choose (change: Partial<Filter>): void {
  const { period, ...rest } = change
  setQuery({ ...rest, ...period !== undefined && { period: period === usual ? '' : period }, cursor: '', alert: '' })
}

export function clear (): void {
  choose({ status: '', name: '', severity: '', label: '', period: usual })
}

/** Whether the filter has anything but a period. */
export function isNarrow ({ status, name, severity, label }: Filter): boolean {
  return [status, name, severity, label].some(value => value !== '')
}

/** The begin of what is seen, in milliseconds since 1970; null for everything. */
export function beginOf ({ period }: Filter): number | null {
  return period === 'all' ? null : Date.now() - periods[period] * 3_600_000
}

/** The filter as the query of a route of the journal. `only` names the parameters that the route knows. */
export function parametersOf (
  filter: Filter,
  only: Array<'status' | 'name' | 'severity' | 'label'> = ['status', 'name', 'severity', 'label']
): URLSearchParams {
  const begin = beginOf(filter)
  const parameters = new URLSearchParams(only.flatMap(name => filter[name] === '' ? [] : [[name, filter[name]]]))
  if (begin !== null) parameters.set('from', new Date(begin).toISOString())
  return parameters
}

/** The address that opens an alert, or closes it when the id is empty. */
export function alertAddress (id: string): string {
  const query = new URLSearchParams(place.value.query)
  if (id === '') query.delete('alert')
  else query.set('alert', id)
  const text = query.toString()
  return `${location.pathname}${text === '' ? '' : `?${text}`}`
}
