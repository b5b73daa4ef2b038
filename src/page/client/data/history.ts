import { columns, type Column, type Point } from './point.js'

/** Seconds of history that are kept. */
export const keptSeconds = 3600
/** Seconds between two points in the history of a route or query, and how many points are kept. */
export const lineStep = 10
const lineLength = 60

type Values = Array<number | null>

/** The points of the charts in order of time, and the rates of routes and queries. */
export interface History {
  times: number[]
  values: Record<Column, Values>
  /** When the newest rates of `lines` were added, in seconds since 1970. */
  linesAt: number
  lines: Record<string, number[]>
}

/** Makes a history without a point, with a list for each column. */
export function emptyHistory (): History {
  return {
    times: [],
    values: Object.fromEntries(columns.map(name => [name, []])) as unknown as Record<Column, Values>,
    linesAt: 0,
    lines: {}
  }
}

/** Adds a point, and drops those that are too old. A point of null is a gap in the charts. */
export function addPoint ({ times, values }: History, at: number, point: Point | null): void {
  times.push(at)
  for (const name of columns) values[name].push(point?.[name] ?? null)
  const kept = times.findIndex(time => time >= at - keptSeconds)
  if (kept < 1) return
  times.splice(0, kept)
  for (const name of columns) values[name].splice(0, kept)
}

/** Adds the rates of routes and queries, per second. Those that are no longer among them are dropped. */
export function addLines (history: History, at: number, rates: ReadonlyMap<string, number>): void {
  history.linesAt = at
  history.lines = Object.fromEntries([...rates].map(([key, rate]) => [
    key,
    [...history.lines[key] ?? [], rate].slice(-lineLength)
  ]))
}

/** Converts a history to text, with numbers rounded to keep that short. */
export function packHistory (history: History): string {
  return JSON.stringify(
    history,
    (_key, value) => typeof value === 'number' && !Number.isInteger(value)
      ? Number(value.toPrecision(value > 1e6 ? 12 : 4))
      : value
  )
}

/** Reads what `packHistory` made, without what is too old by now; undefined for any other text. */
export function unpackHistory (text: string, now: number): History | undefined {
  try {
    const history = JSON.parse(text) as History
    const fits = columns.every(name => history.values[name]?.length === history.times.length) &&
      typeof history.lines === 'object'
    if (!fits || !((history.times.at(-1) ?? 0) <= now)) return undefined
    addPoint(history, now, null)
    return history
  } catch {
    return undefined
  }
}
