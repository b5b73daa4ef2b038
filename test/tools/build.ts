import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { temporaryDirectory } from '../fixtures/service.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

async function build (directory: string): Promise<{ code: number, told: string }> {
  return await new Promise(resolve => {
    execFile(process.execPath, [
      join(directory, 'src', 'tools', 'build.js')
    ], (error, _output, told) => { resolve({ code: Number(error?.code ?? 0), told }) })
  })
}

t.test('what was built of these sources is not built again', async t => {
  const server = join(root, 'dist', 'src', 'server.js')
  const { mtimeMs } = await stat(server)
  t.strictSame(await build(root), { code: 0, told: '' })
  t.equal((await stat(server)).mtimeMs, mtimeMs)
})

t.test('before npm ci it says what is missing', async t => {
  const directory = await temporaryDirectory(t)
  await mkdir(join(directory, 'src', 'tools'), { recursive: true })
  for (const file of ['package.json', 'src/tools/build.js']) await cp(join(root, file), join(directory, file))
  t.strictSame(await build(directory), {
    code: 1,
    told: 'fastify-vitals: typescript, esbuild, fastify are not installed: ' +
      'run npm ci first, with development dependencies\n'
  })
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  for (const name of [
    'start',
    'doctor',
    'load',
    'build'
  ]) t.match(scripts[name], /^node src\/tools\/build\.js/, `npm run ${name} begins with it`)
  await rm(directory, { recursive: true })
})
