// Scrapes as Prometheus does, over connections that are kept.
import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { answer } from '../../control.js'

export interface Scrapes {
  port: number
  count: number
  /** Milliseconds from one to the next. */
  everyMs: number
}

const agent = new Agent({ keepAlive: true })
const headers = { accept: 'application/openmetrics-text;version=1.0.0', 'accept-encoding': 'gzip' }
let stopped = new AbortController()

answer({
  scrape,
  /** Has so many scrapers go on until they are stopped. */
  begin: ({ scrapers, ...scrapes }: Omit<Scrapes, 'count'> & { scrapers: number }) => {
    stopped = new AbortController()
    for (let scraper = 0; scraper < scrapers; scraper++) scrape({ ...scrapes, count: Infinity }).catch(() => {})
  },
  end: () => { stopped.abort() }
})

async function scrape ({ port, count, everyMs }: Scrapes): Promise<void> {
  const { signal } = stopped
  for (let scraped = 0; scraped < count && !signal.aborted; scraped++) {
    await once(port)
    await sleep(everyMs)
  }
}

async function once (port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    get({ port, host: '127.0.0.1', path: '/metrics', agent, headers }, response => {
      if (response.statusCode !== 200) reject(new Error(`A scrape was answered with ${response.statusCode}`))
      response.resume().on('end', resolve)
    }).on('error', reject)
  })
}
