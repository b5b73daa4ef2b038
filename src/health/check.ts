import { checkOptions } from '../plugin/options.js'
import { shown } from '../plugin/words.js'
import { healthCheckOptions, type CheckOptions, type Probe } from './options.js'

/**
 * Resolves when all is well, perhaps with a message to show; rejects when not, perhaps with a CheckError, or resolves
 * with `false`. The signal aborts at the deadline.
 */
export type CheckFunction = (signal: AbortSignal) => unknown

/** What an error may tell of a check that failed, besides its message. */
export interface CheckError extends Error {
  /** An SQLSTATE, Node.js' own code or another's. Shown to everyone. */
  code?: string
  /** Takes the place of the reason in the check's options. Shown to everyone. */
  reason?: string
  /** Level of the line in the log; `warn` when not given. */
  logLevel?: 'debug' | 'info' | 'warn'
}

export interface Outcome {
  healthy: boolean
  message: string
  reason: string
  /** Seconds that the check took. */
  seconds: number
}

export interface Check {
  name: string
  critical: boolean
  on: readonly Probe[]
  /** Answers with a kept outcome, that of the run under way, or a new run's. Never rejects. */
  ask: () => Promise<Outcome>
  /** Forgets what was found, so that whoever asks next is answered by a new run. */
  forget: () => void
}

/** What checks have in common. */
export interface CheckContext {
  /** Milliseconds, where a check does not say itself. */
  readonly timeout?: number
  readonly keep?: number
  /** Reads a clock, in milliseconds. */
  readonly now?: () => number
  /** Called with the outcome of each run, and the error if it failed. */
  readonly onRun?: (outcome: Outcome, error?: CheckError) => void
}

/**
 * Makes a check that has a deadline, runs once however many ask, and keeps its outcome for a moment.
 * Throws a TypeError that shows the value when an argument is wrong.
 */
export function createCheck (
  name: string,
  run: CheckFunction,
  options: CheckOptions = {},
  context: CheckContext = {}
): Check {
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(`A check needs a name, but got ${shown(name)}`)
  }
  if (typeof run !== 'function') throw new TypeError(`Check ${name} needs a function, but got ${shown(run)}`)
  checkOptions(`the health check ${name}`, healthCheckOptions, options)
  const {
    timeout = context.timeout ?? 2000,
    keep = context.keep ?? 500,
    critical = false,
    reason = `${name}_failing`,
    on = ['health', 'ready']
  } = options
  const { now = performance.now.bind(performance), onRun = () => {} } = context

  let underWay: Promise<Outcome> | undefined
  let kept: { outcome: Outcome, until: number } | undefined

  async function execute (): Promise<Outcome> {
    const began = now()
    const took = () => (now() - began) / 1000
    try {
      const message = await withDeadline(run, timeout)
      if (message === false) throw new ToldFailure('it returned false', { reason })
      const outcome = {
        healthy: true,
        message: typeof message === 'string' ? message : `${name} is working`,
        reason: '',
        seconds: took()
      }
      onRun(outcome)
      return outcome
    } catch (cause) {
      const error = cause as CheckError
      const outcome = {
        healthy: false,
        message: describe(name, error),
        reason: error?.reason ?? reason,
        seconds: took()
      }
      onRun(outcome, error)
      return outcome
    }
  }

  async function ask (): Promise<Outcome> {
    if (kept !== undefined && now() < kept.until) return kept.outcome
    const run = underWay ??= execute().then(outcome => {
      if (run !== underWay) return outcome
      kept = { outcome, until: now() + keep }
      underWay = undefined
      return outcome
    })
    return await run
  }

  function forget (): void {
    kept = underWay = undefined
  }

  return { name, critical, on, ask, forget }
}

/** A failure whose message anybody may read. */
class ToldFailure extends Error {
  constructor (message: string, known: Pick<CheckError, 'code' | 'reason'>) {
    super(message)
    Object.assign(this, known)
  }
}

async function withDeadline (run: CheckFunction, timeout: number): Promise<unknown> {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new ToldFailure(`no answer within ${timeout} ms`, { code: 'TIMEOUT' }))
      controller.abort()
    }, timeout)
  })
  const answer = (async () => await run(controller.signal))()
  answer.catch(() => {})
  try {
    return await Promise.race([answer, deadline])
  } finally {
    clearTimeout(timer)
  }
}

// An error's own text may hold what is not for everyone to read, so only its code is shown.
function describe (name: string, error: CheckError): string {
  if (error instanceof ToldFailure) return `${name} check failed: ${error.message}`
  const code = typeof error?.code === 'string' ? error.code : error?.reason ?? error?.name
  return `${name} check failed: ${code ?? 'unknown error'}`
}
