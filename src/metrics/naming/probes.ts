/** Whether a route is one of the health plugin's. */
export function isProbe (route: string): boolean {
  return /^\/health(\/.*)?$/.test(route)
}

/** Whether a route is that of the metrics. */
export function isScrape (route: string): boolean {
  return /^\/metrics\/?$/.test(route)
}

/** The view that all probes have in django's naming, which django-mixin's dashboards leave out (djangoIgnoredViews). */
export const probeView = 'health_check:health_check_home'
