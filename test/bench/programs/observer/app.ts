// A Fastify with our plugins and many series, served with or without an observer.
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fastify } from 'fastify'
import health from '../../../../plugins/health.js'
import metrics from '../../../../plugins/metrics.js'
import postgres from '../../../../plugins/postgres.js'
import pressure from '../../../../plugins/pressure.js'
import type { Catalogue, Instrument } from '../../../../src/metrics/catalogue.js'
import type { HistogramCell } from '../../../../src/metrics/cell.js'
import { answer, argument } from '../../control.js'
import { seriesPerSet } from '../micro/families.js'

export interface Observed {
  observer: boolean
  series: number
  /** Whether prom-client holds a metric, too. */
  client?: boolean
  /** The database of a pool, if it has one. */
  url?: string
}

export interface Wakes {
  count: number
  /** Milliseconds from one to the next. */
  everyMs: number
}

const { observer, series, client = false, url } = argument<Observed>()
const app = fastify()
await app.register(metrics, { maxSeries: series, ...!observer && { observer: false } })
await app.register(health)
await app.register(pressure, { maxEventLoopDelay: 60_000 })
if (url !== undefined) await app.register(postgres, { url })
app.get('/', async () => ({ hello: 'world' }))
fill(app.metrics.catalogue)
if (client) new app.metrics.client.Counter({ name: 'orders_total', help: 'Orders' }).inc()
const management = await app.metrics.observer?.listen({ host: '127.0.0.1', port: 0 })
await app.listen({ host: '127.0.0.1', port: 0 })
const main = (app.server.address() as AddressInfo).port
answer({ ports: () => ({ main, scraped: management?.port ?? main }), onMain, resident, wake })

function fill ({ instruments }: Catalogue): void {
  const requests = instruments.get('http.server.requests') as Instrument<HistogramCell>
  for (let set = 0; set < series / seriesPerSet; set++) {
    requests.cell('GET', `/api/things/${set >> 2}/:id`, String(200 + set % 4), 'http').record(0.003)
  }
}

/** Milliseconds for which the main thread was on a processor, whatever the other threads did. */
function onMain (): number {
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6
}

/** Bytes in memory, as the system tells them. */
function resident (): number {
  return process.memoryUsage.rss()
}

/** Wakes the main thread for nothing. */
async function wake ({ count, everyMs }: Wakes): Promise<void> {
  for (let times = 0; times < count; times++) await sleep(everyMs)
}
