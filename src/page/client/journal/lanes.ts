import { endOf, type Alert } from '../data/alert.js'

/** The place of an alert on the timeline. `left` and `width` are shares of the whole width. */
export interface Bar {
  alert: Alert
  left: number
  width: number
  lane: number
}

export interface Row {
  name: string
  bars: Bar[]
  lanes: number
}

const mostLanes = 4
/** The least share of the width that an alert has, so that short ones are seen. */
const leastWidth = 0.003

/**
 * Arranges alerts on a timeline from `from` to `to`, in milliseconds: a row for each name, within which alerts that
 * overlap are below each other.
 */
export function rowsOf (alerts: readonly Alert[], from: number, to: number): Row[] {
  const byName = groupBy(alerts)
  return [...byName].map(([name, group]) => {
    const ends: number[] = []
    const bars = [...group].sort((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt)).map(alert => {
      const left = share(Date.parse(alert.startsAt), from, to)
      const width = Math.max(leastWidth, share(endOf(alert) ?? to, from, to) - left)
      const free = ends.findIndex(end => end <= left)
      const lane = free !== -1 ? free : Math.min(ends.length, mostLanes - 1)
      ends[lane] = left + width
      return { alert, left: Math.min(left, 1 - width), width, lane }
    })
    return { name, bars, lanes: ends.length }
  }).sort((a, b) => firing(b) - firing(a) || b.bars.length - a.bars.length || a.name.localeCompare(b.name))
}

function firing ({ bars }: Row): number {
  return bars.some(({ alert }) => alert.status === 'firing') ? 1 : 0
}

function share (time: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (time - from) / (to - from)))
}

const steps = [
  1,
  2,
  5,
  10,
  15,
  30,
  60,
  120,
  180,
  360,
  720,
  1440,
  2880,
  7200,
  14_400,
  43_200,
  86_400,
  172_800,
  525_600
].map(minutes => minutes * 60_000)

/** Returns at most about `most` times to write below a timeline, in milliseconds, round in the reader's time zone. */
export function ticksOf (from: number, to: number, most: number): number[] {
  const step = steps.find(step => (to - from) / step <= most) ?? (to - from) / most
  const offset = new Date(from).getTimezoneOffset() * 60_000
  const first = Math.ceil((from - offset) / step) * step + offset
  return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, index) => first + index * step)
}

function groupBy (alerts: readonly Alert[]): Map<string, Alert[]> {
  const groups = new Map<string, Alert[]>()
  for (const alert of alerts) groups.set(alert.name, [...groups.get(alert.name) ?? [], alert])
  return groups
}
