/** Whether a route is one of the health plugin's. */
export function isProbe (route: string): boolean {
  return /^\/health(\/.*)?$/.test(route)
}

/** Whether a route is that of the metrics. */
export function isScrape (route: string): boolean {
  return /^\/metrics\/?$/.test(route)
}

/** What django's naming calls all probes: the view that django-mixin's dashboards leave out (djangoIgnoredViews). */
export const probeView = 'health_check:health_check_home'
