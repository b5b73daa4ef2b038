// A process that runs one file of tests, again and again.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const beside = name => fileURLToPath(new URL(name, import.meta.url))

const lookMs = 500

/** Looks at a run that has failed until it is ended: to end and start a process costs as much as a second of it. */
const mostLate = 4

export class TestProcess {
  runs = 0
  ended = false
  /** Whether its last run failed: it may have left something that has the next one fail, too. */
  suspect = false
  #child
  #exited
  #told = ''

  static async start (file, nodeArgs, mutant) {
    const one = new TestProcess()
    const execArgv = [...nodeArgs, `--import=${beside('warm/register.js')}`]
    const env = { ...process.env, ...(mutant !== undefined && { __STRYKER_ACTIVE_MUTANT__: mutant }) }
    one.#child = fork(beside('warm/child.js'), [file], { execArgv, env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    one.#child.stderr.setEncoding('utf8').on('data', text => { one.#told = (one.#told + text).slice(-2000) })
    one.#exited = once(one.#child, 'exit').then(() => { one.ended = true })
    return one
  }

  /**
   * Runs the file with a mutant active, or none. The result's failure is undefined when all passed. A run has timed out
   * when it ran the mutant more often than hitLimit, took more of the processor than mostCpuMs, or waits for nothing,
   * that is for longer than mostIdleMs: the time that passes does not count, since all of this may be starved or
   * stopped by what else runs here.
   */
  async run ({ mutant, hitLimit, mostCpuMs = Infinity, mostIdleMs = Infinity }) {
    this.runs++
    const cpuBefore = this.#look().cpuMs
    const outcome = await new Promise(resolve => {
      let failure
      let idle = 0
      let late = 0
      const looks = setInterval(() => {
        const { state, cpuMs } = this.#look()
        idle = state === 'S' ? idle + 1 : Math.max(0, idle - 5)
        if (failure !== undefined && ++late > mostLate) end({ failure, ended: true })
        const timedOut = failure => end({ failure, timeout: true, ended: true })
        if (cpuMs - cpuBefore > mostCpuMs) timedOut('It took too much of the processor')
        if (idle * lookMs > mostIdleMs) timedOut('It waits for nothing')
      }, lookMs)
      const onMessage = ({ failure: first, done }) => {
        failure ??= first
        if (done === undefined) return
        const timeout = done.hits > hitLimit
        const cpuMs = this.#look().cpuMs - cpuBefore
        end({ ...done, cpuMs, failure: failure ?? (done.ok ? undefined : 'It failed'), timeout })
      }
      const onExit = code => { end({ failure: failure ?? `It ended with ${code}: ${this.#told}`, ended: true }) }
      const end = result => {
        clearInterval(looks)
        this.#child.off('message', onMessage).off('exit', onExit)
        resolve(result)
      }
      this.#child.on('message', onMessage).on('exit', onExit)
      if (this.#child.exitCode !== null) return onExit(this.#child.exitCode)
      this.#child.send({ mutant, hitLimit }, error => { if (error) onExit(this.#child.exitCode) })
    })
    if (outcome.ended) await this.end()
    return outcome
  }

  /** State of the process, S when it waits and T when it is stopped, and what it has had of the processor. */
  #look () {
    try {
      const [state, ...fields] = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8').split(') ')[1].split(' ')
      // Its own ticks of 10 ms, and those of the processes that it has waited for.
      return { state, cpuMs: fields.slice(10, 14).reduce((sum, ticks) => sum + Number(ticks), 0) * 10 }
    } catch {
      return { state: 'Z', cpuMs: 0 }
    }
  }

  async end () {
    if (!this.ended) this.#child.kill('SIGKILL')
    await this.#exited
  }
}
