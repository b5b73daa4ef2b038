import { signal } from '@preact/signals'
import { management, settings } from '../settings.js'
import { ask, TokenWanted } from './ask.js'
import { createExpositionReader } from './exposition.js'
import { shedBurst, withHappenings, type Happening } from './happening.js'
import {
  addLines,
  addPoint,
  emptyHistory,
  keptSeconds,
  lineStep,
  packHistory,
  unpackHistory,
  type History
} from './history.js'
import { incidentsOf, pointOf } from './point.js'
import { rank } from './ranking.js'
import type { Reading } from './reading.js'
import { readingOf } from './reading.js'
import { createSource, type Port } from './source.js'
import { readStalls } from './stalls.js'

export type Connection = Port | 'none' | 'locked' | 'starting'

const everySeconds = 2
const stuckSeconds = 1
/** Seconds between two readings while the page is hidden. */
const hiddenSeconds = 10
/** The share of the browser's time that reading may take: after a reading that takes long, the next one is later. */
const parseShare = 0.02
/** Seconds over which the quantiles of charts, and the numbers of tables, are calculated. */
const chartWindow = 10
const tableWindow = 60
/** Seconds after a stall during which the service may still find out which function it was in. */
const namingSeconds = 15
const kept = 'fastify-vitals history'

/** The port that answers, or why none does. */
export const connection = signal<Connection>('starting')
/** The newest reading, and one that is a minute older, or the oldest where there is none. */
export const latest = signal<Reading | undefined>(undefined)
export const minuteAgo = signal<Reading | undefined>(undefined)
export const happenings = signal<readonly Happening[]>([])
/** Increases with each change of the history. */
export const revision = signal(0)
export let history: History = emptyHistory()

const readExposition = createExpositionReader()
const source = createSource()
let recent: Reading[] = []
let timer: ReturnType<typeof setTimeout> | undefined
let reading = false

/** Reads the metrics from now on, every two seconds, and less often while the page is hidden. */
export function startMonitor (): void {
  restore()
  addEventListener('pagehide', keep)
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) keep()
    else soon()
  })
  soon()
}

/** Reads the metrics now rather than when the next reading is due. */
export function soon (): void {
  clearTimeout(timer)
  timer = setTimeout(() => { tick().catch(error => { console.error(error) }) }, 0)
}

async function tick (): Promise<void> {
  if (reading) return
  reading = true
  let seconds = everySeconds
  try {
    const { text, port } = await source.read()
    const began = performance.now()
    const next = readingOf(readExposition(text), Date.now() / 1000)
    take(next)
    connection.value = port
    if (port === 'management' || next.stalled > 0) seconds = stuckSeconds
    seconds = Math.max(seconds, (performance.now() - began) / 1000 / parseShare)
  } catch (error) {
    lose(error instanceof TokenWanted ? 'locked' : 'none')
  } finally {
    reading = false
    clearTimeout(timer)
    timer = setTimeout(
      () => { tick().catch(error => { console.error(error) }) },
      (document.hidden ? Math.max(hiddenSeconds, seconds) : seconds) * 1000
    )
  }
}

function lose (why: Connection): void {
  if (connection.value !== why) addPoint(history, Date.now() / 1000, null)
  connection.value = why
  revision.value++
}

function take (next: Reading): void {
  const before = recent.at(-1) ?? latest.value
  if (before === undefined || next.at - before.at > tableWindow) {
    if (before !== undefined && isRestart(before, next)) tellRestart(next)
    recent = []
    addPoint(history, next.at, null)
  } else if (isRestart(before, next)) {
    recent = []
    tellRestart(next)
    addPoint(history, next.at, null)
  } else {
    addPoint(history, next.at, pointOf(before, next, oldest(chartWindow, next.at) ?? before))
    tellIncidents(before, next)
  }
  recent.push(next)
  recent = recent.filter(({ at }) => at >= next.at - tableWindow - everySeconds)
  minuteAgo.value = oldest(tableWindow, next.at)
  latest.value = next
  if (next.at - history.linesAt >= lineStep) recordLines(next)
  nameStalls(next.at)
  revision.value++
}

function oldest (seconds: number, now: number): Reading | undefined {
  return recent.find(({ at }) => at >= now - seconds - everySeconds / 2)
}

function isRestart (before: Reading, next: Reading): boolean {
  return Math.abs((next.startedAt ?? 0) - (before.startedAt ?? 0)) > 1
}

function tellRestart ({ startedAt = 0 }: Reading): void {
  tell({ key: `restart ${startedAt}`, kind: 'restart', from: startedAt, until: startedAt })
}

function tellIncidents (before: Reading, next: Reading): void {
  const { shed, stalled } = incidentsOf(before, next)
  if (shed > 0) tell(shedBurst(happenings.value, before.at, next.at, shed))
  const going = happenings.value.findLast(({ kind, until }) => kind === 'stall' && until === null)
  if (next.stalled > 0) {
    const from = next.at - next.stalled
    tell(going === undefined ? { key: `stall ${from}`, kind: 'stall', from, until: null } : going)
  } else if (going !== undefined || stalled > 0) {
    const until = going === undefined || stalled === 0 ? next.at : Math.min(next.at, going.from + stalled)
    const from = going?.from ?? until - stalled
    tell({ ...going, key: going?.key ?? `stall ${from}`, kind: 'stall', from, until })
  }
}

/** Asks which functions the last stalls were in, which the service knows a moment after they are over. */
function nameStalls (now: number): void {
  if (!happenings.value.some(({ kind, what, until }) => kind === 'stall' && what === undefined &&
    until !== null &&
    until > now - namingSeconds)) return
  readStalls().then(stalls => {
    const named = happenings.value.flatMap(each => {
      const stall = each.kind === 'stall' && each.what === undefined
        ? stalls.find(({ from, until }) => from <= (each.until ?? Infinity) + 1 && until >= each.from - 1)
        : undefined
      return stall?.what === undefined ? [] : [{ ...each, what: stall.what }]
    })
    tell(...named)
  }, () => {})
}

/** Adds events, or replaces those with the same keys. */
export function tell (...told: Happening[]): void {
  happenings.value = withHappenings(happenings.value, told, Date.now() / 1000 - keptSeconds)
}

/** Replaces all events of a kind. */
export function tellAll (kind: Happening['kind'], told: readonly Happening[]): void {
  happenings.value = withHappenings(
    happenings.value.filter(each => each.kind !== kind),
    told,
    Date.now() / 1000 - keptSeconds
  )
}

function recordLines (next: Reading): void {
  const before = oldest(lineStep, next.at)
  if (before === undefined || before === next) return
  const seconds = next.at - before.at
  const ranks = [
    ...rank(before.routes, next.routes, seconds, 'load'),
    ...rank(before.queries, next.queries, seconds, 'load')
  ]
  addLines(history, next.at, new Map(ranks.map(({ key, rate }) => [key, rate])))
}

function keep (): void {
  try {
    sessionStorage.setItem(
      kept,
      JSON.stringify({
        of: settings.base,
        history: packHistory(history),
        happenings: happenings.value,
        started: latest.value?.startedAt
      })
    )
  } catch {
    // Where the browser stores nothing, the history begins anew with each load of the page.
  }
}

function restore (): void {
  try {
    const { of, history: packed, happenings: told } = JSON.parse(sessionStorage.getItem(kept) ?? '{}')
    const restored = of === settings.base ? unpackHistory(packed, Date.now() / 1000) : undefined
    if (restored === undefined) return
    history = restored
    happenings.value = told
  } catch {}
}

/** Asks for the health checks; undefined when there is no answer. */
export async function readHealth (): Promise<{
  checks: Record<string, { status: string, message: string }>
} | undefined> {
  if (settings.health === null) return undefined
  const origin = connection.value === 'management' ? management ?? '' : ''
  return await ask(`${origin}${settings.health}/`, 2000).then(async response => await response.json(), () => undefined)
}
