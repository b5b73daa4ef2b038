// Runs one file of tests as often as it is asked to, each time with another mutant active: node child.js test/some.ts.
// What it tests is loaded once. It tells its parent of the first failure at once, and of the end.
import { pathToFileURL } from 'node:url'
import tap from 'tap'

const url = pathToFileURL(process.argv[2]).href
const stryker = globalThis.__stryker__ ??= {}
stryker.mutantCoverage = { static: {}, perTest: {} }
let runs = 0

process.on('message', async ({ mutant, hitLimit }) => {
  const name = `run ${++runs}`
  activate(mutant, hitLimit)
  const before = performance.now()
  const { ok } = await tap.test(name, { timeout: 4e5 }, async t => {
    watch(t.parser, ({ name, diag }) => {
      process.send({ failure: `${name} ${JSON.stringify(diag ?? {}).slice(0, 300)}` })
    })
    globalThis.fileRun = t
    await import(`${url}?run=${runs}`)
  })
  const { static: loading, perTest } = stryker.mutantCoverage
  activate(undefined)
  process.send({
    done: { ok, ms: performance.now() - before, hits: stryker.hitCount, loading, running: perTest[name] ?? {} }
  })
})
process.on('disconnect', () => process.exit())
// tap lets go of the channel to the parent.
setInterval(() => {}, 1e8)
process.send({ ready: true })

function activate (mutant, hitLimit) {
  // Threads have a global object of their own, and the same environment.
  delete process.env.__STRYKER_ACTIVE_MUTANT__
  if (mutant !== undefined) process.env.__STRYKER_ACTIVE_MUTANT__ = mutant
  stryker.activeMutant = mutant ?? 'none'
  stryker.currentTestId = undefined
  if (mutant === undefined) return
  stryker.hitCount = 0
  stryker.hitLimit = hitLimit ?? Infinity
}

/** Tells of what fails in a test and in the tests inside it. */
function watch (parser, failed) {
  parser.on('assert', result => { if (!result.ok && !result.todo && !result.skip) failed(result) })
  parser.on('child', child => watch(child, failed))
}
