import type { FastifyInstance } from 'fastify'

/** Whether a URL is one of these paths or below one; a slash at a path's end makes no difference. */
export function isBelow (url: string, paths: readonly string[]): boolean {
  return paths.map(path => path.replace(/\/+$/, '')).some(path => url === path || url.startsWith(`${path}/`))
}

/** Returns the URLs of the routes that an app has by now, read from its `printRoutes`: a tree by common prefixes. */
export function routesOf (app: FastifyInstance): string[] {
  const urls: string[] = []
  const above: string[] = []
  for (const line of app.printRoutes().split('\n')) {
    const [, indent = '', part = '', methods] = /^((?:│ {3}| {4})*)[├└]── (.*?)( \([A-Z, ]+\))?$/.exec(line) ?? []
    const depth = indent.length / 4
    above[depth] = (above[depth - 1] ?? '') + part
    if (methods !== undefined) urls.push(above[depth])
  }
  return urls
}
