import type { FastifyBaseLogger } from 'fastify'
import { safeMessage } from '../log.js'
import { clock } from '../clock.js'
import { createCheck, type Check, type CheckError, type CheckFunction, type Outcome } from './check.js'
import type { CheckOptions, Probe } from './options.js'
import type { Phase } from './phase.js'
import { healthReport, unreadyReason, type Answered } from './report.js'

/** Milliseconds: scrapes that follow each other faster than this have the checks run only once. */
const lookMs = 1000

/** Records each run of a check, each phase and each answer of readiness. */
export interface HealthRecorder {
  run: (check: string, outcome: Outcome) => void
  phase: (phase: Phase) => void
  unready: (reason: string | undefined) => void
}

export interface ProbesOptions {
  /** Milliseconds until a check counts as failed. */
  timeout: number
  /** Milliseconds for which an outcome is kept. */
  keep: number
  log: Pick<FastifyBaseLogger, 'debug' | 'info' | 'warn'>
  /** Returns in words what is above its limit; undefined when nothing is. */
  overloaded: () => string | undefined
}

/** Answers an app's probes, from its checks and its phase. */
export class Probes {
  readonly #checks: Check[] = []
  readonly #options: ProbesOptions
  #phase: Phase = 'running'
  #recorder: HealthRecorder | undefined
  #lookedAt = -Infinity

  constructor (options: ProbesOptions) {
    this.#options = options
  }

  /** Has a recorder record the phase that the app is in, and all that happens from now on. */
  recordBy (recorder: HealthRecorder): void {
    this.#recorder = recorder
    recorder.phase(this.#phase)
    if (this.#phase !== 'running') recorder.unready('shutting_down')
  }

  /** Adds a check. Throws a TypeError when its name is taken or an argument is wrong. */
  add (name: string, run: CheckFunction, options?: CheckOptions): void {
    const { timeout, keep } = this.#options
    if (name === 'application' || this.#checks.some(check => check.name === name)) {
      throw new TypeError(`There is a health check named ${name} already`)
    }
    const onRun = (outcome: Outcome, error?: CheckError) => {
      this.#recorder?.run(name, outcome)
      if (!outcome.healthy) this.#log(name, outcome.reason, error)
    }
    this.#checks.push(createCheck(name, run, options, { timeout, keep, onRun }))
  }

  /** Logs a failed check; the stack only of an exception that nobody expected. */
  #log (check: string, reason: string, error: CheckError | undefined): void {
    const { code, logLevel = 'warn' } = error ?? {}
    const why = error instanceof Error ? safeMessage(error) : String(error)
    const isExpected = code !== undefined || error?.reason !== undefined
    this.#options.log[logLevel](
      { check, reason, ...code !== undefined && { code }, ...!isExpected && { err: error } },
      `Health check ${check}${logLevel === 'warn' ? ' failed' : ''}: ${why}`
    )
  }

  /** Drops the outcomes of all checks, so that each runs anew when it is asked for next. */
  recheck (): void {
    for (const { forget } of this.#checks) forget()
  }

  /** Changes the phase. In any but the first, the app is not ready. */
  enter (next: Phase): void {
    this.#phase = next
    this.#recorder?.phase(next)
    if (next !== 'running') this.#recorder?.unready('shutting_down')
  }

  /** Runs each check whose outcome is no longer kept, and records whether the app is ready; once a second at most. */
  look (): void {
    if (clock() - this.#lookedAt < lookMs) return
    this.#lookedAt = clock()
    for (const { ask } of this.#checks) ask().catch(() => {})
    this.#unready().catch(() => {})
  }

  /** Answers `/health`. */
  async health () {
    const report = healthReport([...await this.#ask('health'), this.#application()], Date.now() / 1000)
    return { status: report.status === 'healthy' ? 200 as const : 503 as const, body: { ...report } }
  }

  /** Answers `/health/ready`. */
  async ready () {
    const reason = await this.#unready()
    if (reason === undefined) return { status: 200 as const, body: { status: 'ready' as const } }
    return { status: 503 as const, body: { status: 'not_ready' as const, reason } }
  }

  #isRunning (): boolean {
    return this.#phase === 'running'
  }

  async #unready (): Promise<string | undefined> {
    const failing = this.#isRunning() ? unreadyReason([this.#application(), ...await this.#ask('ready')]) : undefined
    // The phase may have changed meanwhile.
    const reason = this.#isRunning() ? failing : 'shutting_down'
    this.#recorder?.unready(reason)
    return reason
  }

  async #ask (probe: Probe): Promise<Answered[]> {
    const asked = this.#checks.filter(({ on }) => on.includes(probe))
    return await Promise.all(asked.map(async ({ name, critical, ask }) => ({ name, critical, outcome: await ask() })))
  }

  #application (): Answered {
    const reason = this.#options.overloaded()
    const message = reason ?? 'Application is running'
    return {
      name: 'application',
      critical: true,
      outcome: { healthy: reason === undefined, message, reason: 'overloaded', seconds: 0 }
    }
  }
}
