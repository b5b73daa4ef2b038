import { computed, signal } from '@preact/signals'
import { happenings, history, revision } from '../data/monitor.js'
import { columns, type Column } from '../data/point.js'

const leastSeconds = 60

/** Minutes of history that are shown. */
export const ranges = [10, 30, 60] as const
export const range = signal<typeof ranges[number]>(10)

/** Index of the moment that is pointed at on the charts; null when none is. */
export const pointed = signal<number | null>(null)

/** The part of the history that is shown, which all charts share. */
export const view = computed(() => {
  // Depends on the revision: the history itself is changed in place.
  revision.value // eslint-disable-line @typescript-eslint/no-unused-expressions
  const to = Math.max(history.times.at(-1) ?? 0, Date.now() / 1000 - 5)
  // A short history fills the charts, too.
  const from = Math.max(to - range.value * 60, Math.min(history.times[0] ?? to, to - leastSeconds))
  const first = Math.max(0, history.times.findIndex(time => time >= from) - 1)
  const values = Object.fromEntries(columns.map(name => [
    name,
    history.values[name].slice(first)
  ])) as Record<Column, Array<number | null>>
  return { from, to, times: history.times.slice(first), values }
})

/** What happened in the time that is shown. */
export const shownHappenings = computed(() => happenings.value.filter(({ until }) => until === null ||
  until >= view.value.from))

/** A column's value at the moment that is pointed at, else its newest. */
export function valueOf (column: Column): number | null {
  const values = view.value.values[column]
  return (pointed.value === null ? values.at(-1) : values[pointed.value]) ?? null
}
