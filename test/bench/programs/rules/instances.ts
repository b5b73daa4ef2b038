// Serves what the rules read of many instances of a healthy service, each instance at a path of its own.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Catalogue } from '../../../../src/metrics/catalogue.js'
import { HistogramCell } from '../../../../src/metrics/cell.js'
import { createExposition } from '../../../../src/metrics/exposition/exposition.js'
import { text004 } from '../../../../src/metrics/exposition/format.js'
import { familiesOf } from '../../../../src/metrics/naming/index.js'
import { parse } from '../../../fixtures/exposition.js'
import { createInstruments } from '../../../fixtures/instruments.js'
import { answer, argument } from '../../control.js'

export interface Instances {
  /** Routes of an instance, each with one query of its own. */
  routes: number
  /** The series that are served, by name. */
  metrics: string[]
  /** Seconds from one scrape to the next. */
  interval: number
}

interface Served {
  /** The sample's line, up to its value. */
  head: string
  value: number
  grows: boolean
  /** Steps back in time that the first scrape tells of. */
  history: number
}

const { routes, metrics, interval } = argument<Instances>()
const begun = stepAt(Date.now())
const hour = 3600 / interval
const series = seriesOf(new Set(metrics))
const asked = new Set<string>()

// The first scrape of an instance brings its last minutes with it, so that nobody has to wait for them: for histograms
// what a window of five minutes reads, for the rest almost the hour that Prometheus takes late samples of.
const server = createServer(({ url = '/' }, response) => {
  const now = stepAt(Date.now())
  const first = !asked.has(url)
  asked.add(url)
  const shift = Number(url.slice(1)) / 3 % 1
  response.setHeader('content-type', 'text/plain; version=0.0.4')
  response.end(series.map(({ head, value, grows, history }) => {
    const at = (step: number) => `${head} ${grows ? grown(value, step - begun + hour, shift) : value}`
    const past = Array.from({ length: first ? history : 0 }, (_, index) => {
      const step = now - history + index
      return `${at(step)} ${step * interval * 1000}\n`
    })
    return `${past.join('')}${at(now)}\n`
  }).join(''))
})
await once(server.listen(0, '127.0.0.1'), 'listening')
answer({ port: () => (server.address() as AddressInfo).port, series: () => series.length })

function stepAt (ms: number): number {
  return Math.floor(ms / 1000 / interval)
}

/** Not by the same each time, for Prometheus would hold that in less memory; but never by less. */
function grown (value: number, steps: number, shift: number): number {
  return value * steps + Math.floor(value * ((steps * 0.618 + shift) % 1))
}

function seriesOf (wanted: Set<string>): Served[] {
  const catalogue = new Catalogue({ maxSeries: 1_000_000 })
  createInstruments(catalogue)
  fill(catalogue)
  const families = parse(createExposition(catalogue, familiesOf(['fastify']), text004).render().text)
  return [...families.values()].flatMap(({ type, samples }) =>
    samples.filter(({ name }) => wanted.has(name)).map(({ name, labels, value }) => ({
      head: `${name}{${Object.entries(labels).map(([label, text]) => `${label}=${JSON.stringify(text)}`).join()}}`,
      value,
      grows: type !== 'gauge',
      history: type === 'histogram' ? 300 / interval : hour - 10
    })))
}

/** Records what a healthy service does from one scrape to the next; what tells of faults is there, and 0. */
function fill ({ instruments }: Catalogue): void {
  const values: Record<string, number> = {
    'db.connections': 3,
    'db.connections.max': 10,
    'health.up': 1,
    'nodejs.eventloop.active': 1,
    'nodejs.eventloop.idle': 14,
    'nodejs.heap.used': 50 * 2 ** 20,
    'process.fds.max': 1024,
    'process.fds.open': 40,
    'process.memory.resident': 120 * 2 ** 20,
    'process.start': Date.now() / 1000 - 86_400
  }
  for (const [name, { labelNames, cell }] of instruments) {
    const made = new Set<string>()
    for (let number = 0; number < routes; number++) {
      const labels = labelNames.map(label => labelOf(label, number))
      if (made.has(labels.join())) continue
      made.add(labels.join())
      const held = cell(...labels)
      if (!(held instanceof HistogramCell)) held.set(values[name] ?? 0)
      else if (name !== 'http.server.aborted') for (const value of [0.002, 0.004, 0.008, 0.02]) held.record(value)
    }
  }
}

function labelOf (label: string, number: number): string {
  const some: Record<string, string> = {
    method: 'GET',
    route: `/api/things-${number}/:id`,
    status: '200',
    scheme: 'http',
    operation: 'select',
    query: `list_things_${number}`,
    outcome: 'commit',
    check: 'database',
    reason: 'pressure',
    code: '23505',
    state: 'used'
  }
  return some[label] ?? ''
}
