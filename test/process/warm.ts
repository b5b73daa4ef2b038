import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { nextTickState } from '../fixtures/next-tick.js'
import { startPostgres } from '../fixtures/postgres.js'
import { preload, startService } from '../fixtures/service.js'
import { until } from '../fixtures/until.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Collects all garbage while nothing is queued, some times, and tells the state of nextTick then; for another process
 * to run.
 */
const tellState = `
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
${nextTickState.toString()}
async function tellState () {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc')
  for (let i = 0; i < 5; i++) {
    gc()
    await new Promise(resolve => setTimeout(resolve, 1))
  }
  process.stderr.write('nextTick is ' + await nextTickState() + '\\n')
}
`

// Its first calls are those that V8 learns from.
const program = `${tellState}
for (let i = 0; i < 300; i++) process.nextTick(() => {})
await new Promise(resolve => setTimeout(resolve, 1))
await tellState()
`

t.test('the service that ships has nextTick fast, and keeps it so', async t => {
  const { url } = await startPostgres(t)
  const NODE_OPTIONS = await preload(t, `${tellState} process.on('SIGWINCH', tellState)`)
  const { origin, process, told } = await startService(t, { DATABASE_URL: url, NODE_OPTIONS })
  for (let request = 0; request < 300; request++) await (await fetch(`${origin}/health/live`)).text()
  process.kill('SIGWINCH')
  await until('the service to tell', () => told().includes('nextTick is'))
  t.match(told(), /nextTick is fast/)
})

t.test('any program has it fast with fastify-vitals/warm, and keeps it so', async t => {
  const state = async (...flags: string[]) =>
    (await run(process.execPath, [...flags, '--input-type=module', '--eval', program], { cwd: root })).stderr
  t.match(await state('--import', 'fastify-vitals/warm'), 'nextTick is fast')
  const byLiteral = process.nextTick.toString().includes(']: asyncId')
  t.match(await state(), byLiteral ? 'nextTick is slow' : 'nextTick is fast', 'it is what makes it so')
})
