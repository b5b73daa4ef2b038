// Asks a server at a steady rate, whatever it answers, as users do: one that is slow is asked no less.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { answer } from '../../control.js'
import { random } from '../../statistics.js'

export interface Users {
  port: number
  /** Requests, whose distances vary as those of users who know nothing of each other. */
  perSecond: number
  seconds: number
}

/** What users saw in a while. */
export interface Seen {
  /** Milliseconds that each answer took. */
  took: number[]
  /** Most milliseconds that the users themselves came late: then it was the machine that had stopped. */
  late: number
}

const request = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n\r\n'
const connections = 16
/** Milliseconds from one look at what is due to the next. */
const everyMs = 1

/** Those that no request is under way on, used in turn: one that nobody uses for long is closed by the server. */
const free: Socket[] = []
/** When those were due that wait for one. */
const waiting: number[] = []
/** When what is under way on each was asked. */
const askedAt = new Map<Socket, number>()
let took: number[] = []

answer({ ask })

async function ask ({ port, perSecond, seconds }: Users): Promise<Seen> {
  if (askedAt.size === 0) await Promise.all(Array.from({ length: connections }, async () => await open(port)))
  took = []
  let late = 0
  const distance = distances(1000 / perSecond)
  const end = performance.now() + seconds * 1000
  await new Promise<void>(resolve => {
    let due = performance.now()
    let last = due
    const step = () => {
      const now = performance.now()
      late = Math.max(late, now - last - everyMs)
      last = now
      for (; due <= performance.now() && due < end; due += distance()) send(performance.now())
      if (due < end) setTimeout(step, everyMs)
      else resolve()
    }
    step()
  })
  while (free.length < connections) await new Promise(resolve => setTimeout(resolve, 5))
  return { took, late }
}

function send (at: number): void {
  const socket = free.shift()
  if (socket === undefined) {
    waiting.push(at)
    return
  }
  askedAt.set(socket, at)
  socket.write(request)
}

async function open (port: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  // An answer this short comes in one piece.
  socket.on('data', () => {
    took.push(performance.now() - (askedAt.get(socket) ?? NaN))
    free.push(socket)
    const at = waiting.shift()
    if (at !== undefined) send(at)
  })
  askedAt.set(socket, NaN)
  free.push(socket)
}

/** Exponential, and the same in each run. */
function distances (mean: number): () => number {
  const next = random(1)
  return () => -Math.log(next()) * mean
}
