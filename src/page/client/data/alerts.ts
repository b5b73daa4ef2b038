import { settings } from '../settings.js'
import { endOf, type Alert } from './alert.js'
import type { Happening } from './happening.js'
import { keptSeconds } from './history.js'
import { tellAll } from './monitor.js'

const everyMs = 10_000

export interface AlertPage {
  alerts: Alert[]
  next: string | null
}

/** The journal refused a request; the message says why. */
export class Refused extends Error {}

/** Asks the journal. Rejects with Refused when the answer is an error. */
export async function askJournal<T> (rest: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(`${settings.journal}${rest}`, { credentials: 'omit', cache: 'no-store', ...init })
  const answer = await response.json()
  if (!response.ok) throw new Refused(answer.message ?? String(response.status))
  return answer
}

/** Marks the alerts of the last hour on the charts, from now on. Does nothing where there is no journal. */
export function watchAlerts (): void {
  if (settings.journal === null) return
  const read = async () => {
    if (document.hidden) return
    const from = new Date(Date.now() - keptSeconds * 1000).toISOString()
    const { alerts } = await askJournal<AlertPage>(`?${new URLSearchParams({ from, limit: '200' })}`)
    tellAll('alert', alerts.reduceRight<Happening[]>(merged, []))
  }
  const again = () => { read().catch(() => {}).finally(() => { setTimeout(again, everyMs) }) }
  again()
}

/** Adds an alert to earlier events: to that of an alert of the same name which is not over, or else as a new one. */
function merged (known: Happening[], { id, name, severity, startsAt, ...rest }: Alert): Happening[] {
  const from = Date.parse(startsAt) / 1000
  const end = endOf({ id, name, severity, startsAt, ...rest })
  const until = end === null ? null : end / 1000
  const going = known.findLast(({ what, until }) => what === name && (until === null || until >= from))
  if (going === undefined) {
    return [
      ...known,
      { key: `alert ${id}`, kind: 'alert', from, until, count: 1, what: name, id, severity }
    ]
  }
  going.until = going.until === null || until === null ? null : Math.max(going.until, until)
  going.count = (going.count ?? 1) + 1
  return known
}
