import { asyncError, isPromise } from '../promise.js'
import { isExcluded } from './excluded-routes.js'
import type { RouteConfig } from './route-of.js'
import type { RouteLabels } from './route-cells.js'

/** A route, as it is given to the functions that name it. */
export interface DescribedRoute {
  /** Its pattern, such as `/things/:id`. */
  readonly url: string
  readonly methods: readonly string[]
  /** What it was registered with as `config`. */
  readonly config: RouteConfig
}

export interface RouteLabelsOptions {
  readonly routeName?: (route: DescribedRoute) => string
  readonly routeLabels?: Readonly<Record<string, (route: DescribedRoute) => string | undefined>>
  readonly excludeRoutes?: ReadonlyArray<string | RegExp>
  readonly unmatchedRoute?: string | false
  readonly groupStatusCodes?: boolean
}

/**
 * Makes a function that returns the labels of a route's requests, once for each route; null when it is left out. Where
 * no route matched, it is given no URL.
 * @param failed - told each time that a function of the options throws or returns what cannot be a label; then the
 *   label is that of a route without one
 */
export function createRouteLabels (
  options: RouteLabelsOptions,
  scheme: string,
  failed: (option: string, route: string, error: unknown) => void
): (config: RouteConfig) => RouteLabels | null {
  const {
    routeName = ({ url, config }) => config.statsId ?? url,
    routeLabels = {},
    excludeRoutes = [],
    unmatchedRoute = '',
    groupStatusCodes = false
  } = options
  const labels = Object.entries(routeLabels)

  function textOf (
    option: string,
    name: (route: DescribedRoute) => string | undefined,
    route: DescribedRoute,
    otherwise: string
  ): string {
    try {
      return String(labelIn(name(route)) ?? otherwise)
    } catch (error) {
      failed(option, route.url, error)
      return otherwise
    }
  }

  return config => {
    const { url, method, metrics, disableMetrics } = config
    if (url === undefined) {
      return unmatchedRoute === false
        ? null
        : { route: unmatchedRoute, methods: [], scheme, groupStatusCodes, further: labels.map(() => '') }
    }
    // As it is asked for here, or with fastify-metrics.
    if (metrics === false || disableMetrics === true) return null
    if (excludeRoutes.some(each => isExcluded(url, each))) return null
    const route = { url, methods: [method].flat() as string[], config }
    return {
      route: textOf('routeName', routeName, route, url),
      methods: route.methods,
      scheme,
      groupStatusCodes,
      further: labels.map(([name, label]) => textOf(`routeLabels.${name}`, label, route, ''))
    }
  }
}

const texts = new Set(['string', 'number', 'bigint', 'boolean', 'undefined'])

/** Returns what a function of the options returned. Throws a TypeError, without the value, when it can be no label. */
function labelIn (returned: unknown): unknown {
  if (isPromise(returned)) throw asyncError(returned, 'it returned a promise, but must return a text at once')
  if (returned === null || texts.has(typeof returned)) return returned
  const kind = Array.isArray(returned) ? 'a list' : typeof returned === 'object' ? 'an object' : `a ${typeof returned}`
  throw new TypeError(`it returned ${kind}, but must return a text, a number, true or false`)
}

/**
 * Throws a TypeError that names the route when a function of the options does not tell its label at once. What else is
 * wrong with it is found, counted and told of at the route's first request.
 */
export function assertTellsAtOnce ({ routeName, routeLabels = {} }: RouteLabelsOptions, route: DescribedRoute): void {
  const functions = Object.entries(routeLabels).map(([label, tell]) => ({ option: `routeLabels.${label}`, tell }))
  for (const { option, tell } of [...functions, { option: 'routeName', tell: routeName }]) {
    let text: unknown
    try {
      text = tell?.(route)
    } catch {}
    if (isPromise(text)) {
      throw asyncError(
        text,
        `The option ${option} of metrics is async: it returned a promise for the route ${route.url}, ` +
        'but must return a string at once'
      )
    }
  }
}
