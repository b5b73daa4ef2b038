/** Whether a route is one of the health plugin's. */
export function isProbe (route: string): boolean {
  return /^\/health(\/.*)?$/.test(route)
}

/** Whether a route is that of the metrics. */
export function isScrape (route: string): boolean {
  return /^\/metrics\/?$/.test(route)
}

/** What django's naming calls all of them: the view that public dashboards leave out (django-mixin's djangoIgnoredViews). */
export const probeView = 'health_check:health_check_home'
