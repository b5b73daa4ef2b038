// Asks a server over keep-alive connections, one request at a time on each, as cheaply as it can.
import { connect, type Socket } from 'node:net'
import { answer } from '../control.js'

export interface Load {
  port: number
  /** Asked in turn. */
  paths: string[]
  requests: number
  connections: number
  /** The load fails when it takes longer. */
  seconds: number
}

interface Run {
  next: () => string | undefined
  answered: (head: string, ms: number) => void
  failed: (reason: string) => void
}

// Kept open from one load to the next, so that connecting is not part of what is measured.
const open = new Map<string, Socket[]>()
const runs = new Map<Socket, Run>()
/** When each was last asked. */
const askedAt = new Map<Socket, number>()

answer({ load })

/** Returns the 99th percentile of the milliseconds that an answer took. */
async function load ({ port, paths, requests, connections, seconds }: Load): Promise<number> {
  const sockets = await connected(port, connections)
  const texts = paths.map(path => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n\r\n`)
  const took = new Float64Array(requests)
  let [asked, answered] = [0, 0]
  await new Promise<void>((resolve, reject) => {
    const failed = (reason: string) => reject(new Error(`${reason}, after ${answered} of ${requests} answers`))
    const timer = setTimeout(failed, seconds * 1000, `no end within ${seconds} s`)
    const run: Run = {
      failed,
      next: () => asked < requests ? texts[asked++ % texts.length] : undefined,
      answered (head, ms) {
        if (!head.startsWith('HTTP/1.1 2')) return failed(`not a 2xx answer: ${head.slice(0, head.indexOf('\r'))}`)
        took[answered] = ms
        if (++answered < requests) return
        clearTimeout(timer)
        resolve()
      }
    }
    for (const socket of sockets) {
      runs.set(socket, run)
      ask(socket, run.next() ?? '')
    }
  })
  return took.sort()[Math.floor(requests * 0.99)] ?? NaN
}

function ask (socket: Socket, text: string): void {
  askedAt.set(socket, performance.now())
  socket.write(text)
}

async function connected (port: number, connections: number): Promise<Socket[]> {
  const key = `${port} ${connections}`
  let sockets = open.get(key)
  if (sockets === undefined || sockets.some(({ destroyed }) => destroyed)) {
    sockets = await Promise.all(Array.from({ length: connections }, async () => await connection(port)))
    open.set(key, sockets)
  }
  return sockets
}

async function connection (port: number): Promise<Socket> {
  return await new Promise((resolve, reject) => {
    let buffer = ''
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
    const fail = (reason: string) => {
      reject(new Error(reason))
      runs.get(socket)?.failed(reason)
    }
    socket.setEncoding('latin1')
      .on('error', ({ message }) => fail(message))
      .on('close', () => fail('a connection was closed'))
      .on('data', (data: string) => {
        buffer += data
        const length = lengthOf(buffer)
        if (length > buffer.length) return
        const run = runs.get(socket) as Run
        run.answered(buffer, performance.now() - (askedAt.get(socket) ?? NaN))
        buffer = buffer.slice(length)
        const text = run.next()
        if (text !== undefined) ask(socket, text)
      })
  })
}

/** Characters of the first answer in the buffer; Infinity while its head is not complete. */
function lengthOf (buffer: string): number {
  const head = buffer.indexOf('\r\n\r\n')
  if (head < 0) return Infinity
  const length = /content-length: (\d+)/i.exec(buffer)
  return length === null ? NaN : head + 4 + Number(length[1])
}
