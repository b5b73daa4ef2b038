/**
 * Returns what Fastify keeps in an app, or in a context around it, under a symbol; undefined where there is none such.
 * The symbols are its own, but their descriptions can be read.
 */
export function internal<T> (app: object, description: string): T | undefined {
  for (let context: object | null = app; context !== null; context = Object.getPrototypeOf(context)) {
    const symbol = Object.getOwnPropertySymbols(context).find(each => each.description === description)
    if (symbol !== undefined) return (context as Record<symbol, T>)[symbol]
  }
  return undefined
}
