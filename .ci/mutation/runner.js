// A runner of tests for Stryker. Its own for tap starts a Node.js, and a PostgreSQL, for each file of tests and each
// mutant, which took more than the tests themselves: a unit test 0.5 s of a processor, of which it needs 0.02. This one
// keeps a process for each file, where the file runs again with another mutant; what the file reaches in its first run
// only, while it is loaded above all, still gets a new process for each mutant.
import { readFileSync, writeFileSync } from 'node:fs'
import { TestProcess } from './test-process.js'

// Numbers that Stryker gives to how a test ended.
const success = 0

/** Runs of one process, which keeps a little of each. */
const mostRuns = 200

class WarmRunner {
  static inject = ['options']
  #files
  #nodeArgs
  #coverFile
  #sampleFile
  #coverage
  #sample
  #warm = new Map()
  #history = new Map()

  constructor ({ warm: { testFiles, nodeArgs, coverFile, sampleFile } }) {
    this.#files = testFiles
    this.#nodeArgs = nodeArgs
    this.#coverFile = coverFile
    this.#sampleFile = sampleFile
  }

  capabilities () {
    return { reloadEnvironment: true }
  }

  /** Runs each file twice: what only its first run reaches, loading above all, needs a new process to be tested. */
  async dryRun () {
    const tests = []
    const perTest = {}
    const coverage = {}
    for (const file of this.#files) {
      const child = await this.#start(file)
      const first = await child.run({})
      if (first.failure !== undefined) {
        // What it has started is cleared away only by processes that outlive it.
        await child.end()
        await this.dispose()
        return { status: 'error', errorMessage: `${file} fails without a mutant: ${first.failure}` }
      }
      let again = await child.run({})
      if (again.failure === undefined) this.#warm.set(file, child)
      else {
        console.log(`${file} cannot run twice in a process, so each mutant has one of its own: ${again.failure}`)
        await child.end()
        again = { ...first, running: {} }
      }
      perTest[file] = { ...first.running, ...again.running }
      for (const id of Object.keys(first.loading)) perTest[file][id] = (perTest[file][id] ?? 0) + first.loading[id]
      const cold = Object.keys(perTest[file]).filter(id => id in first.loading || !(id in again.running))
      const ms = Math.max(first.ms, again.ms)
      coverage[file] = { cpuMs: Math.max(10, again.cpuMs), firstCpuMs: first.cpuMs, ms, cold }
      tests.push({ id: file, name: file, fileName: file, timeSpentMs: again.ms, status: success })
    }
    writeFileSync(this.#coverFile, JSON.stringify(coverage))
    return { status: 'complete', tests, mutantCoverage: { static: {}, perTest } }
  }

  async mutantRun ({ activeMutant: { id, fileName }, testFilter, hitLimit }) {
    this.#coverage ??= read(this.#coverFile)
    if (this.#sampleFile) this.#sample ??= new Set(read(this.#sampleFile))
    if (this.#sample?.has(id) === false) return { status: 'error', errorMessage: 'It is not in the sample' }
    const files = this.#quickestFirst(fileName, testFilter)
    for (const file of files) {
      const outcome = await this.#run(file, { mutant: id, hitLimit })
      const seen = this.#seen(fileName, file)
      seen.runs++
      if (outcome.timeout) return { status: 'timeout', reason: `${file}: ${outcome.failure}` }
      if (outcome.failure === undefined) continue
      seen.kills++
      return { status: 'killed', killedBy: [file], failureMessage: outcome.failure, nrOfTests: files.length }
    }
    return { status: 'survived', nrOfTests: files.length }
  }

  async dispose () {
    await Promise.all([...this.#warm.values()].map(async child => await child.end()))
  }

  /** Files that took little, and that noticed many mutants of the same source, come first. */
  #quickestFirst (source, files) {
    const cost = file => {
      const { runs, kills } = this.#seen(source, file)
      return this.#coverage[file].cpuMs * (runs + 2) / (kills + 1)
    }
    return [...files].sort((a, b) => cost(a) - cost(b))
  }

  #seen (source, file) {
    const key = `${source} ${file}`
    if (!this.#history.has(key)) this.#history.set(key, { runs: 0, kills: 0 })
    return this.#history.get(key)
  }

  async #run (file, { mutant, hitLimit }) {
    const { firstCpuMs, ms, cold } = this.#coverage[file]
    const asked = { mutant, hitLimit, mostCpuMs: 5000 + 3 * firstCpuMs, mostIdleMs: 8000 + 3 * ms }
    if (cold.includes(mutant)) {
      const child = await this.#start(file, mutant)
      try {
        return await child.run(asked)
      } finally {
        await child.end()
      }
    }
    let child = await this.#warmProcess(file)
    const outcome = await child.run(asked)
    const { suspect } = child
    child.suspect = outcome.failure !== undefined
    if (outcome.failure === undefined || !suspect) return outcome
    // Is it this mutant, or what an earlier one left there?
    if (!child.ended && (await child.run({ ...asked, mutant: undefined })).failure === undefined) return outcome
    await child.end()
    child = await this.#warmProcess(file)
    const fresh = await child.run(asked)
    child.suspect = fresh.failure !== undefined
    return fresh
  }

  async #warmProcess (file) {
    const child = this.#warm.get(file)
    if (child !== undefined && !child.ended && child.runs < mostRuns) return child
    await child?.end()
    const next = await this.#start(file)
    this.#warm.set(file, next)
    return next
  }

  async #start (file, mutant) {
    return await TestProcess.start(file, this.#nodeArgs, mutant)
  }
}

function read (path) {
  return JSON.parse(readFileSync(path, 'utf8'))
}

export const strykerPlugins = [{ kind: 'TestRunner', name: 'warm', injectableClass: WarmRunner }]
