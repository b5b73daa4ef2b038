import { signal } from '@preact/signals'
import type { Alert } from '../data/alert.js'
import { askJournal, type AlertPage } from '../data/alerts.js'
import { filterOf, isNarrow, parametersOf, type Filter } from './filter.js'

export interface SummaryLine {
  name: string
  count: number
  firing: number
  firingSeconds: number
  meanSeconds: number
  longestSeconds: number
  lastSeenAt: string
}

const pageLimit = 25
const timelineLimit = 200
const timelinePages = 3

/**
 * The page of alerts that the address asks for. It is undefined until it has been read; so are the timeline and the
 * summary.
 */
export const list = signal<AlertPage | undefined>(undefined)
/** The newest alerts of the period in the address; there are more when `next` is not null. */
export const timeline = signal<AlertPage | undefined>(undefined)
export const summary = signal<SummaryLine[] | undefined>(undefined)
/** Whether the journal has no alerts at all. */
export const isEmpty = signal(false)
/** Why a part of the journal could not be read; undefined when all of it was. */
export const failure = signal<string | undefined>(undefined)

let latestAsked = 0

/**
 * Reads the list, the timeline and the summary of an address, and shows each as soon as it arrives. Answers that arrive
 * after another address was asked for are dropped. A part that cannot be read keeps what it showed.
 */
export async function readShown (query: URLSearchParams): Promise<void> {
  const asked = ++latestAsked
  const filter = filterOf(query)
  const failures: string[] = []
  const part = async <T>(read: Promise<T>, show: (value: T) => void) => {
    await read.then(value => { if (asked === latestAsked) show(value) }, error => {
      failures.push((error as Error).message)
    })
  }
  await Promise.all([
    part(readList(filter), value => { list.value = value }),
    part(readTimeline(filter), value => { timeline.value = value }),
    part(readSummary(filter), value => { summary.value = value }),
    part(readEmpty(filter), value => { isEmpty.value = value })
  ])
  if (asked === latestAsked) failure.value = failures[0]
}

async function readList (filter: Filter): Promise<AlertPage> {
  const cursor = filter.cursor === '' ? [] : [['cursor', filter.cursor]]
  return await askJournal<AlertPage>(
    `?${new URLSearchParams([...parametersOf(filter), ['limit', String(pageLimit)], ...cursor])}`
  )
}

async function readTimeline (filter: Filter): Promise<AlertPage> {
  const alerts: Alert[] = []
  let next: string | null = null
  for (let page = 0; page < timelinePages && (page === 0 || next !== null); page++) {
    const cursor: string[][] = next === null ? [] : [['cursor', next]]
    const read: AlertPage = await askJournal<AlertPage>(
      `?${new URLSearchParams([...parametersOf(filter), ['limit', String(timelineLimit)], ...cursor])}`
    )
    alerts.push(...read.alerts)
    next = read.next
  }
  return { alerts, next }
}

async function readSummary (filter: Filter): Promise<SummaryLine[]> {
  const { summary } = await askJournal<{ summary: SummaryLine[] }>(
    `/summary?${parametersOf(filter, ['severity', 'label'])}`
  )
  return filter.name === '' ? summary : summary.filter(({ name }) => name === filter.name)
}

/** Tells whether the journal is empty: while a filter is set, finding nothing does not say so. */
async function readEmpty (filter: Filter): Promise<boolean> {
  return !isNarrow(filter) && (await askJournal<AlertPage>('?limit=1')).alerts.length === 0
}
