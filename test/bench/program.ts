import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Answer, Question } from './control.js'

export interface Start {
  /** File below `programs`, without its ending. */
  file: string
  /** Executable of Node.js; the one that runs this when not given. */
  node?: string
  /** Whether `fastify-vitals/warm` is run before anything else; it is when not given, so that luck decides nothing. */
  warm?: boolean
  /** What the program's `argument()` returns. */
  argument?: object
  /** Flags for node. */
  flags?: string[]
  /** Commands to run node under, such as `['taskset', '-c', '0']`. */
  under?: string[]
}

export interface Program {
  pid: number
  /** Asks the program; rejects with an Error when it fails, ends, or does not answer in time. */
  ask: <T>(name: string, argument?: unknown) => Promise<T>
  stop: () => Promise<void>
}

const deadlineMs = 900_000

/**
 * Starts a program of this benchmark in a process of its own, by plain node, and waits until it is ready.
 * Rejects with an Error that has the program's own words when it does not come up.
 */
export async function start ({
  file,
  node = process.execPath,
  warm = true,
  argument = {},
  flags = [],
  under = []
}: Start): Promise<Program> {
  const path = fileURLToPath(new URL(`programs/${file}.js`, import.meta.url))
  const first = [...warm ? ['../../src/process/warm.js'] : [], 'emitters.js']
    .flatMap(module => ['--import', fileURLToPath(new URL(module, import.meta.url))])
  const [command = '', ...args] = [...under, node, ...first, ...flags, path, JSON.stringify(argument)]
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  const waiting = new Map<number, { resolve: (value: unknown) => void, reject: (error: Error) => void }>()
  let said = ''
  let id = 0

  child.stderr?.setEncoding('utf8').on('data', data => { said = (said + data).slice(-10_000) })
  child.on('message', ({ id, value, error }: Answer) => {
    if (error === undefined) waiting.get(id)?.resolve(value)
    else waiting.get(id)?.reject(new Error(`${file}: ${error}`))
  })
  const ended = once(child, 'close').then(() => {
    for (const { reject } of waiting.values()) reject(new Error(`${file} ended: ${reasonIn(said)}`))
  }, () => {})

  const answerTo = async (id: number, what: string): Promise<unknown> => {
    const { promise, ...settle } = withResolvers()
    const timer = setTimeout(
      () => settle.reject(new Error(`${file} did not answer to ${what} within ${deadlineMs / 1000} s`)),
      deadlineMs
    )
    waiting.set(id, settle)
    return await promise.finally(() => {
      clearTimeout(timer)
      waiting.delete(id)
    })
  }

  const program: Program = {
    pid: child.pid ?? 0,
    async ask <T> (name: string, argument: unknown = null) {
      const answered = answerTo(++id, name)
      child.send({ id, name, argument } satisfies Question, error => { if (error) waiting.get(id)?.reject(error) })
      return await answered as T
    },
    async stop () {
      child.kill('SIGKILL')
      await ended
    }
  }
  try {
    await answerTo(0, 'its start')
  } catch (error) {
    await program.stop()
    throw error
  }
  return program
}

function withResolvers () {
  let resolve: (value: unknown) => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<unknown>((_resolve, _reject) => { [resolve, reject] = [_resolve, _reject] })
  return { promise, resolve, reject }
}

function reasonIn (said: string): string {
  const lines = said.split('\n').filter(line => !line.startsWith('=='))
  return lines.find(line => /^\w*Error\b.*:/.test(line)) ??
    lines.findLast(line => line.trim() !== '') ??
    'it said nothing'
}
