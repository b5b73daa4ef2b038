export type Probe = 'health' | 'ready'

/**
 * Resolves when all is well, perhaps with a message to show; rejects when not, perhaps with a CheckError. The signal
 * aborts at the deadline.
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

export interface CheckOptions {
  /** Milliseconds until the check counts as failed. */
  timeout?: number
  /** Milliseconds for which an outcome is kept and served again. */
  keep?: number
  /** Whether its failure makes the whole unhealthy and not ready. */
  critical?: boolean
  /** The reason that readiness gives when it fails, unless the error has one of its own. */
  reason?: string
  /** The answers that it takes part in; both when not given. */
  on?: Probe[]
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
  on: Probe[]
  /** Answers with a kept outcome, that of the run under way, or a new run's. Never rejects. */
  ask: () => Promise<Outcome>
  /** Forgets what was found, so that whoever asks next is answered by a new run. */
  forget: () => void
}

/**
 * Makes a check that has a deadline, runs once however many ask, and keeps its outcome for a moment.
 * Throws a TypeError or RangeError that shows the value when an argument is wrong.
 * @param now - reads a clock, in milliseconds
 * @param onRun - called with the outcome of each run, and the error if it failed
 */
export function createCheck (
  name: string,
  run: CheckFunction,
  {
    timeout = 2000,
    keep = 500,
    critical = false,
    reason = `${name}_failing`,
    on = ['health', 'ready']
  }: CheckOptions = {},
  now: () => number = performance.now.bind(performance),
  onRun: (outcome: Outcome, error?: CheckError) => void = () => {}
): Check {
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(`A check needs a name, but got ${JSON.stringify(name)}`)
  }
  if (typeof run !== 'function') throw new TypeError(`Check ${name} needs a function, but got ${typeof run}`)
  if (!(timeout > 0)) throw new RangeError(`Check ${name} needs a timeout above 0 ms, but got ${timeout}`)
  if (!(keep >= 0)) throw new RangeError(`Check ${name} needs to keep its outcome for 0 ms or more, but got ${keep}`)

  let underWay: Promise<Outcome> | undefined
  let kept: { outcome: Outcome, until: number } | undefined

  async function execute (): Promise<Outcome> {
    const began = now()
    const took = () => (now() - began) / 1000
    try {
      const message = await withDeadline(run, timeout)
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

class Timeout extends Error {
  code = 'TIMEOUT'
}

async function withDeadline (run: CheckFunction, timeout: number): Promise<unknown> {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Timeout(`no answer within ${timeout} ms`))
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
  if (error instanceof Timeout) return `${name} check failed: ${error.message}`
  const code = typeof error?.code === 'string' ? error.code : error?.reason ?? error?.name
  return `${name} check failed: ${code ?? 'unknown error'}`
}
