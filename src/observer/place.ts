import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A function that was called, and where it is. */
export interface Frame {
  readonly functionName: string
  readonly url: string
  /** The line that it is at, from 0. */
  readonly lineNumber: number
}

/** What a program was at: a function of the service, or else of whatever was on top. */
export interface Place {
  readonly function: string
  /** Relative to the directory that the process started in; empty when it is none. */
  readonly file: string
  /** The line that it was at. */
  readonly line: number
  /** Part of all samples in which it was at this function, 0 to 1. */
  readonly share: number
  /** How many samples there are. */
  readonly samples: number
  /** What it had called, where that is of Node.js or a package. */
  readonly in?: string
}

/**
 * The function that most of these stacks were in; undefined when there are none. A stack begins with its innermost
 * call, and what counts is the innermost function that is the service's own.
 */
export function busiestPlace (stacks: ReadonlyArray<readonly Frame[]>): Place | undefined {
  const found = stacks.filter(([top]) => top !== undefined).map(stack => {
    const own = stack.find(({ url }) => url !== '' && !url.startsWith('node:') && !url.includes('/node_modules/'))
    return { frame: own ?? stack[0] as Frame, top: stack[0] as Frame }
  })
  const most = mostFrequent(found, ({ frame: { functionName, url } }) => `${functionName} ${url}`)
  if (most === undefined) return undefined
  const [{ frame: { functionName, url, lineNumber } }] = mostFrequent(
    most,
    ({ frame }) => String(frame.lineNumber)
  ) as typeof most
  const [inside] = mostFrequent(most.filter(({ frame, top }) => top !== frame), ({ top }) => nameOf(top)) ?? []
  return {
    function: functionName === '' ? '(anonymous)' : functionName,
    file: fileOf(url),
    line: lineNumber + 1,
    share: most.length / found.length,
    samples: found.length,
    ...inside !== undefined && { in: nameOf(inside.top) }
  }
}

/** A place in words: `parseOrders (src/orders.js:12), 90 % of 10 samples, in readFileSync`. */
export function describePlace ({ function: name, file, line, share, samples, in: inside }: Place): string {
  const where = file === '' ? '' : ` (${file}:${line})`
  const how = samples === 1 ? 'by a single sample' : `${Math.round(share * 100)} % of ${samples} samples`
  return `${name}${where}, ${how}${inside === undefined ? '' : `, in ${inside}`}`
}

function mostFrequent<T> (items: readonly T[], keyOf: (item: T) => string): [T, ...T[]] | undefined {
  const byKey = new Map<string, [T, ...T[]]>()
  for (const item of items) {
    const same = byKey.get(keyOf(item))
    if (same === undefined) byKey.set(keyOf(item), [item])
    else same.push(item)
  }
  return [...byKey.values()].sort((one, other) => other.length - one.length)[0]
}

function nameOf ({ functionName }: Frame): string {
  return functionName === '' ? '(anonymous)' : functionName
}

function fileOf (url: string): string {
  try {
    return relative(process.cwd(), url.startsWith('file:') ? fileURLToPath(url) : url)
  } catch {
    return url
  }
}
