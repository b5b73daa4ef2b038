import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A function that was called, and where it is. */
export interface Frame {
  readonly functionName: string
  readonly url: string
  /** The line that was being executed, counted from 0. */
  readonly lineNumber: number
}

/** A program's stack at one moment. */
export interface Sample {
  /** Begins with the innermost call. */
  readonly stack: readonly Frame[]
  /** Whether it was in native code when it was to stop, and this is where it came to from there. */
  readonly afterNative: boolean
}

/** What a program was executing: a function of the service, or the innermost one where there is none. */
export interface Place {
  readonly function: string
  /** Relative to the directory that the process was started in; empty when the function is in no file. */
  readonly file: string
  /** The line that was being executed, counted from 1. */
  readonly line: number
  /** Share of the samples that were in this function, from 0 to 1. */
  readonly share: number
  /** How many samples there were in all. */
  readonly samples: number
  /** The function that it had called, where that one is of Node.js or a package. */
  readonly in?: string
  /** Whether it was in native code, and this is what ran right after that: most often what had called it. */
  readonly afterNative?: true
}

/** Tells whether a function is the service's own, and not of Node.js or a package. */
export function isOwn ({ url }: Frame): boolean {
  return url !== '' && !url.startsWith('node:') && !url.includes('/node_modules/')
}

/**
 * Returns the function that most samples were in; undefined when there are no samples. Of each sample, the innermost
 * function that is the service's own counts; samples without one do only where no sample has one.
 */
export function busiestPlace (samples: readonly Sample[]): Place | undefined {
  const found = samples.filter(({ stack }) => stack.length > 0).map(({ stack, afterNative }) => {
    const own = stack.find(isOwn)
    return { own, frame: own ?? stack[0] as Frame, top: stack[0] as Frame, afterNative }
  })
  const ofOwn = found.filter(({ own }) => own !== undefined)
  const most = mostFrequent(
    ofOwn.length > 0 ? ofOwn : found,
    ({ frame: { functionName, url } }) => `${functionName} ${url}`
  )
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
    ...inside !== undefined && { in: nameOf(inside.top) },
    ...most.every(({ afterNative }) => afterNative) && { afterNative: true }
  }
}

/**
 * A place in words: `parseOrders (src/orders.js:12), 90 % of 10 samples, in readFileSync`, or
 * `native code that returned to parseOrders (src/orders.js:12), by a single sample`.
 */
export function describePlace ({ function: name, file, line, share, samples, in: inside, afterNative }: Place): string {
  const what = afterNative === undefined ? name : `native code that returned to ${name}`
  const where = file === '' ? '' : ` (${file}:${line})`
  const how = samples === 1 ? 'by a single sample' : `${Math.round(share * 100)} % of ${samples} samples`
  return `${what}${where}, ${how}${inside === undefined ? '' : `, in ${inside}`}`
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
