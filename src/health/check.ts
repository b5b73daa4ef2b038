import { checkOptions } from '../plugin/options.js'
import { shown } from '../plugin/words.js'
import { healthCheckOptions, type CheckOptions, type Probe } from './options.js'

/**
 * Checks something. It resolves when all is well, with a message to show if it has one; it rejects, best with a
 * CheckError, or resolves with `false` when it is not. The signal aborts at the deadline.
 */
export type CheckFunction = (signal: AbortSignal) => unknown

/** An error that a check may reject with. Its message is logged, and not shown, because it may hold secrets. */
export interface CheckError extends Error {
  /** An SQLSTATE, a code of Node.js, or one of your own. Shown to everyone. */
  code?: string
  /** Replaces the option `reason` of the check. Shown to everyone. */
  reason?: string
  /** Level of the log line; `warn` when not given. */
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
  /** Resolves with the outcome that is kept, that of the run under way, or that of a new one. Never rejects. */
  ask: () => Promise<Outcome>
  /** Drops the outcome that is kept, so that whoever asks next gets that of a new run. */
  forget: () => void
}

/** What all checks of an app share. */
export interface CheckContext {
  /** Milliseconds, for checks without a timeout or keep of their own. */
  readonly timeout?: number
  readonly keep?: number
  /** The clock that is read, in milliseconds. */
  readonly now?: () => number
  /** Called with the outcome of each run, and with the error of one that failed. */
  readonly onRun?: (outcome: Outcome, error?: CheckError) => void
}

/**
 * Creates a check that has a deadline. It runs once however many ask at the same time, and its outcome is kept for a
 * moment. Throws a TypeError that shows the value when an argument is wrong.
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
      if (message === false) throw new PublicFailure('it returned false', { reason })
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

/** A failure whose message is our own, and so may be shown to everyone. */
class PublicFailure extends Error {
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
      reject(new PublicFailure(`no answer within ${timeout} ms`, { code: 'TIMEOUT' }))
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

// The message of an error may hold secrets, so only its code is shown.
function describe (name: string, error: CheckError): string {
  if (error instanceof PublicFailure) return `${name} check failed: ${error.message}`
  const code = typeof error?.code === 'string' ? error.code : error?.reason ?? error?.name
  return `${name} check failed: ${code ?? 'unknown error'}`
}
