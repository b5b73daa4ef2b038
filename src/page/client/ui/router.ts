import { signal } from '@preact/signals'
import { settings } from '../settings.js'

export interface Location {
  /** The path below that of the page: `/`, `/journal` or `/runbook`. */
  path: string
  query: URLSearchParams
  anchor: string
}

/** The address that is shown. */
export const place = signal(read())

addEventListener('popstate', () => { place.value = read() })
addEventListener('hashchange', () => { place.value = read() })

// Links within the page do not load the document again, which would stop the reading of metrics.
document.addEventListener('click', event => {
  const link = event.target instanceof Element ? event.target.closest('a') : null
  if (link === null || event.defaultPrevented ||
    event.button !== 0 ||
    event.metaKey ||
    event.ctrlKey ||
    event.shiftKey ||
    link.target !== '') return
  const url = new URL(link.href)
  if (url.origin !== location.origin || !isOurs(url.pathname) ||
    (url.hash !== '' && url.pathname === location.pathname)) return
  event.preventDefault()
  go(`${url.pathname}${url.search}${url.hash}`)
})

/** Goes to an address of the page without loading the document again. */
export function go (address: string, { replace = false } = {}): void {
  const from = location.pathname
  history[replace ? 'replaceState' : 'pushState'](null, '', address)
  place.value = read()
  if (!replace && location.pathname !== from && location.hash === '') scrollTo(0, 0)
}

/** Changes parameters of the address' query; those that are undefined or empty are removed. */
export function setQuery (change: Record<string, string | undefined>, { replace = false } = {}): void {
  const query = new URLSearchParams(location.search)
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined || value === '') query.delete(name)
    else query.set(name, value)
  }
  const text = query.toString()
  go(`${location.pathname}${text === '' ? '' : `?${text}`}`, { replace })
}

/** Returns the address of a path of the page. */
export function address (path: string): string {
  return path === '/' ? `${settings.base}/` : `${settings.base}${path}`
}

function read (): Location {
  const path = location.pathname.slice(settings.base.length).replace(/(.)\/$/, '$1')
  return { path: path === '' ? '/' : path, query: new URLSearchParams(location.search), anchor: location.hash.slice(1) }
}

function isOurs (pathname: string): boolean {
  return ['/', '/journal', '/runbook'].some(path => address(path) === pathname)
}
