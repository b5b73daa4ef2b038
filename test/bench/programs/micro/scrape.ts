import { answer, argument, collectGarbage } from '../../control.js'
import { durations } from './durations.js'
import { family, seriesPerSet } from './families.js'

export interface Scraping {
  by: 'ours' | 'prom-client'
  series: number
  /** Part of them that was recorded into since the last scrape. */
  changed: number
}

const { by, series, changed } = argument<Scraping>()
const sets = series / seriesPerSet
const seconds = durations()
const { record, render } = family(by, series)
let records = 0

recordInto(sets)
await refuseOtherText()
for (let scrape = 0; scrape < 5; scrape++) await round()
answer({ round })

/** Milliseconds of a scrape, some of whose series have changed. */
async function round (): Promise<number> {
  recordInto(sets * changed)
  // As it happens in a service between two scrapes: neither pays for garbage of the one before, nor finds what it did
  // not hold.
  collectGarbage()
  const start = process.hrtime.bigint()
  await render()
  return Number(process.hrtime.bigint() - start) / 1e6
}

function recordInto (count: number): void {
  for (let i = 0; i < count; i++) {
    // A step that meets all sets in turn, so that those which change are spread over the text.
    record(records * 101 % sets, seconds[records & 1023]!)
    records++
  }
}

async function refuseOtherText (): Promise<void> {
  const lines = Buffer.from(await render())
    .toString()
    .split('\n')
    .filter(line => line.startsWith('http_request_duration_seconds'))
  if (lines.length !== series) throw new Error(`The text has ${lines.length} series in place of ${series}`)
}
