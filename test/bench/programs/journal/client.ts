// Asks a journal and takes the time, as whoever waits for the answer does.
import { Agent, request } from 'node:http'
import { alert, payload } from '../../../fixtures/alertmanager.js'
import { answer } from '../../control.js'

export interface Asked {
  port: number
  /** Below /api/alerts. */
  path: string
}

export interface Posted {
  port: number
  /** New alerts. */
  alerts: number
}

export interface Reading {
  port: number
  paths: string[]
  /** How many read, each one page after the other, with a moment in between. */
  readers: number
}

const pauseMs = 30
const agent = new Agent({ keepAlive: true })
const reading = { nth: 0 }
let readers: Array<Promise<void>> = []
let posts = Date.now()

answer({
  ask: async ({ port, path }: Asked) => await timed(port, path),
  post: async ({ port, alerts }: Posted) => await timed(port, '', webhook(alerts)),
  async read ({ port, paths, readers: count }: Reading) {
    const mine = ++reading.nth
    readers = Array.from({ length: count }, async (_, reader) => {
      for (let page = reader; reading.nth <= mine; page++) {
        await timed(port, paths[page % paths.length] as string)
        await new Promise(resolve => setTimeout(resolve, pauseMs))
      }
    })
  },
  async rest () {
    reading.nth++
    await Promise.all(readers)
  }
})

async function timed (port: number, path: string, body?: string): Promise<number> {
  const began = performance.now()
  await new Promise<void>((resolve, reject) => {
    const headers = body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    request({
      agent,
      host: '127.0.0.1',
      port,
      path: `/api/alerts${path}`,
      method: body === undefined ? 'GET' : 'POST',
      headers
    }, response => {
      response.resume().on('end', () => {
        if (response.statusCode === 200) resolve()
        else reject(new Error(`${path} was answered with ${response.statusCode}`))
      })
    }).on('error', reject).end(body)
  })
  return performance.now() - began
}

/** A group that was never told before. */
function webhook (count: number): string {
  const group = `${++posts}`
  const annotations = {
    summary: 'The share of requests that failed is above what it should be',
    description: 'x'.repeat(250),
    runbook_url: 'https://runbooks.example.com/New'
  }
  return JSON.stringify(payload(Array.from({ length: count }, (_, index) => alert({
    labels: {
      alertname: 'New',
      severity: 'info',
      instance: `web-${index}:9100`,
      job: 'service',
      cluster: 'c1',
      region: 'r1',
      group
    },
    annotations,
    startsAt: new Date(Date.now() - index).toISOString()
  })), { groupKey: group }))
}
