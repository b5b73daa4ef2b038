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
 * @param failed - called when a function of the options threw; then the label is that of a route without one
 */
export function createRouteLabels (
  options: RouteLabelsOptions,
  scheme: string,
  failed: () => void
): (config: RouteConfig) => RouteLabels | null {
  const {
    routeName = ({ url, config }) => config.statsId ?? url,
    routeLabels = {},
    excludeRoutes = [],
    unmatchedRoute = '',
    groupStatusCodes = false
  } = options
  const labels = Object.values(routeLabels)

  function textOf (
    name: (route: DescribedRoute) => string | undefined,
    route: DescribedRoute,
    otherwise: string
  ): string {
    try {
      return String(name(route) ?? otherwise)
    } catch {
      failed()
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
    if (excludeRoutes.some(each => typeof each === 'string' ? each === url : url.search(each) >= 0)) return null
    const route = { url, methods: [method].flat() as string[], config }
    return {
      route: textOf(routeName, route, url),
      methods: route.methods,
      scheme,
      groupStatusCodes,
      further: labels.map(label => textOf(label, route, ''))
    }
  }
}
