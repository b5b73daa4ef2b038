import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import { Pulse } from '../loop/pulse.js'
import { createChannel, Transferred } from './channel.js'
import { createManagementServer } from './management-server.js'
import { createObserved, type Observed } from './observed.js'
import { createProfiler } from './profiler.js'
import type { GrowRequest, ListenRequest, OpenRequest, ScrapeRequest, ScrapeResponse, StartData } from './protocol.js'
import { createStallWatch } from './stall-watch.js'
import { yieldToMain } from './yield-to-main.js'

// The observer's thread: serves what main records, whatever main is doing.

interface App extends OpenRequest {
  readonly observed: Observed
  server: Server | undefined
}

yieldToMain()

const apps = new Map<number, App>()
const { pulse: memory, isInspectable } = workerData as StartData
const pulse = new Pulse(memory)
const profiler = createProfiler(isInspectable)
const watch = createStallWatch(pulse, isInspectable, () => {
  const all = [...apps.values()]
  return {
    stallMs: Math.min(...all.map(({ stallMs }) => stallMs)),
    livenessMs: Math.min(...all.map(({ livenessMs }) => livenessMs))
  }
})

const channel = createChannel(parentPort as MessagePort, {
  open: (opening: OpenRequest) => {
    apps.set(opening.app, { ...opening, observed: createObserved(opening, channel, pulse, watch), server: undefined })
  },
  grow: ({ app, growth }: GrowRequest) => {
    const { mirror } = find(app).observed
    for (const each of growth) mirror.grow(each)
  },
  listen: async (listening: ListenRequest): Promise<AddressInfo> => {
    const app = find(listening.app)
    const server = createManagementServer(app.observed, profiler, listening)
    await once(server.listen({ host: listening.host, port: listening.port }), 'listening')
    app.server = server
    app.observed.learn().catch(() => {})
    return server.address() as AddressInfo
  },
  scrape: async ({ app, wanted, client }: ScrapeRequest) => {
    const { headers, body, release } = await find(app).observed.scrape(wanted, client)
    // A copy, because the next exposition reuses the text that stays here.
    const copy = new Uint8Array(body)
    release()
    return new Transferred({ headers, body: copy } satisfies ScrapeResponse, [copy.buffer])
  },
  learn: (number: number) => { find(number).observed.learn().catch(() => {}) },
  recovered: async (seconds: number) => await watch.over(seconds),
  close: async (number: number) => {
    const { server } = find(number)
    apps.delete(number)
    if (server === undefined) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
})

function find (number: number): App {
  const app = apps.get(number)
  if (app === undefined) throw new Error(`The observer knows no app ${number}`)
  return app
}
