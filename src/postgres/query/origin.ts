import type { Query } from './driver.js'

/** Where in the program each tagged template is, as a stack that V8 formats when it is read. */
const origins = new WeakMap<readonly string[], { stack: string }>()

/**
 * Notes where in the program a tagged template is, once for each. The stacks of the driver's own errors are so short
 * that they only show this package.
 * @param callee - the function that was called there
 */
export function noteOrigin (strings: readonly string[], callee: (...args: never[]) => unknown): void {
  if (origins.has(strings)) return
  const origin = {} as { stack: string }
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 1
  Error.captureStackTrace(origin, callee)
  Error.stackTraceLimit = stackTraceLimit
  origins.set(strings, origin)
}

/** Where in the program a tagged template is, as a file with line and column; undefined when that is not known. */
export function placeOf (strings: readonly string[]): string | undefined {
  return frameOf(strings)?.replace(/^\n *at (?:.*\()?(.*?)\)?$/, '$1')
}

/** Appends the place of the query to the stack of a driver's error. */
export function tellOrigin ({ strings }: Query, error: unknown): void {
  if (!(error instanceof Error) || !('query' in error)) return
  const frame = frameOf(strings)
  const stack = String(error.stack)
  // The program may throw one error again and again.
  if (frame !== undefined && !stack.includes(frame)) Reflect.defineProperty(error, 'stack', { value: stack + frame })
}

/** The line of a stack that a tagged template is in, after a line break. */
function frameOf (strings: readonly string[]): string | undefined {
  const stack = origins.get(strings)?.stack
  return stack?.slice(stack.indexOf('\n'))
}
