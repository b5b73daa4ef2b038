import { signal } from '@preact/signals'
import { askJournal, type Alert, type AlertPage } from '../data/alerts.js'
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

export interface Shown {
  /** For the timeline: the newest of the time that is asked for. */
  timeline: Alert[]
  /** Whether there are more than these. */
  cut: boolean
  list: Alert[]
  next: string | null
  summary: SummaryLine[]
  /** Whether the journal has no alert at all. */
  empty: boolean
}

const pageLimit = 25
const timelineLimit = 200
const timelinePages = 3

export const shown = signal<Shown | undefined>(undefined)
export const failure = signal<string | undefined>(undefined)

let latestAsked = 0

/** Reads what an address asks to see. What was asked later goes before. */
export async function readShown (query: URLSearchParams): Promise<void> {
  const asked = ++latestAsked
  const filter = filterOf(query)
  try {
    const next = await read(filter)
    if (asked !== latestAsked) return
    shown.value = next
    failure.value = undefined
  } catch (error) {
    if (asked === latestAsked) failure.value = (error as Error).message
  }
}

async function read (filter: Filter): Promise<Shown> {
  const parameters = parametersOf(filter)
  const listed = new URLSearchParams([...parameters, ['limit', String(pageLimit)], ...filter.cursor === '' ? [] : [['cursor', filter.cursor]]])
  const [list, timeline, { summary }] = await Promise.all([
    askJournal<AlertPage>(`?${listed}`),
    readTimeline(parameters),
    askJournal<{ summary: SummaryLine[] }>(`/summary?${parametersOf(filter, ['severity', 'label'])}`)
  ])
  const none = list.alerts.length === 0 && !isNarrow(filter)
  const empty = none && (await askJournal<AlertPage>('?limit=1')).alerts.length === 0
  return {
    timeline: timeline.alerts,
    cut: timeline.next !== null,
    list: list.alerts,
    next: list.next,
    summary: filter.name === '' ? summary : summary.filter(({ name }) => name === filter.name),
    empty
  }
}

async function readTimeline (parameters: URLSearchParams): Promise<AlertPage> {
  const alerts: Alert[] = []
  let next: string | null = null
  for (let page = 0; page < timelinePages && (page === 0 || next !== null); page++) {
    const query = new URLSearchParams([...parameters, ['limit', String(timelineLimit)], ...next === null ? [] : [['cursor', next]]])
    const read: AlertPage = await askJournal<AlertPage>(`?${query}`)
    alerts.push(...read.alerts)
    next = read.next
  }
  return { alerts, next }
}
