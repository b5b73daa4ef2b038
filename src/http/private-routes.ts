import type { FastifyInstance } from 'fastify'

/** Whether a URL is one of some paths, or below one; a slash at a path's end tells nothing. */
export function isBelow (url: string, paths: readonly string[]): boolean {
  return paths.map(path => path.replace(/\/+$/, '')).some(path => url === path || url.startsWith(`${path}/`))
}

/** Reads the URLs of the routes that an app has by now off how it prints them: a tree of what they have in common. */
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
