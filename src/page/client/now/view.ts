import { computed, signal } from '@preact/signals'
import { happenings, history, revision } from '../data/monitor.js'
import { columns, type Column } from '../data/point.js'

const leastSeconds = 60

/** The minutes of history that can be chosen, and those that are shown. */
export const ranges = [10, 30, 60] as const
export const range = signal<typeof ranges[number]>(10)

/** The index of the moment that is pointed at on the charts; null when none is. */
export const pointed = signal<number | null>(null)

/** The part of the history that all charts show. */
export const view = computed(() => {
  // The history is changed in place, so only the revision says that it has changed.
  revision.value // eslint-disable-line @typescript-eslint/no-unused-expressions
  const to = Math.max(history.times.at(-1) ?? 0, Date.now() / 1000 - 5)
  // A history shorter than the range fills the charts all the same.
  const from = Math.max(to - range.value * 60, Math.min(history.times[0] ?? to, to - leastSeconds))
  const first = Math.max(0, history.times.findIndex(time => time >= from) - 1)
  const values = Object.fromEntries(columns.map(name => [
    name,
    history.values[name].slice(first)
  ])) as Record<Column, Array<number | null>>
  return { from, to, times: history.times.slice(first), values }
})

/** The events in the time that is shown. */
export const shownHappenings = computed(() => happenings.value.filter(({ until }) => until === null ||
  until >= view.value.from))

/** Returns the value of a column at the moment that is pointed at, or the newest when none is. */
export function valueOf (column: Column): number | null {
  const values = view.value.values[column]
  return (pointed.value === null ? values.at(-1) : values[pointed.value]) ?? null
}
