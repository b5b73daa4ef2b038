import { spawn } from 'node:child_process'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import t, { type Test } from 'tap'
import { temporaryDirectory } from '../fixtures/service.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A service that tells of itself a while after it listens, longer than the observer's first pauses. */
const service = (metrics: string) => `
  import Fastify from 'fastify'
  import metrics from ${JSON.stringify(metrics)}

  const app = Fastify({ logger: true })
  await app.register(metrics)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const up = async () => /^metrics_observer_up (.)$/m.exec(
    await (await fetch(app.listeningOrigin + '/metrics')).text()
  )[1]
  for (let looks = 0; looks < 20 && await up() === '0'; looks++) await new Promise(resolve => setTimeout(resolve, 100))
  console.log(JSON.stringify({ up: await up() }))
  await app.close()`

interface Line { up?: string, level?: number, msg?: string, err?: { message: string } }

/** Bundles it as those do who leave packages out, and returns what it tells. */
async function run (t: Test, metrics: string): Promise<Line[]> {
  const cwd = await temporaryDirectory(t)
  await symlink(join(root, 'node_modules'), join(cwd, 'node_modules'))
  const outfile = join(cwd, 'service.mjs')
  await build({
    stdin: { contents: service(metrics), resolveDir: root },
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'error'
  })
  const child = spawn(process.execPath, [outfile], { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => { child.kill('SIGKILL') })
  const lines: Line[] = []
  for await (const line of createInterface({ input: child.stdout })) lines.push(JSON.parse(line))
  return lines
}

t.test('in a bundle, where its file is not, the observer is told of once, and main renders', async t => {
  const told = await run(t, join(root, 'dist/plugins/metrics.js'))
  t.strictSame(told.filter(({ level = 0 }) => level >= 50).map(({ msg }) => msg), [
    'The observer has no file to run, so that metrics are rendered on the main thread: was fastify-vitals bundled? ' +
    'Leave it out of the bundle, as plugins/README.md says'
  ])
  t.match(told.find(({ up }) => up !== undefined), { up: '0' })
})
