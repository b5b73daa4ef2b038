// Makes dist/ of the sources, unless they are those that it was made of. Needs nothing but Node.js to say that packages
// are missing.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const dist = join(root, 'dist')
const stamp = join(dist, '.build', 'stamp.json')
const migrations = 'src/journal/migrations'

const tell = message => { process.stderr.write(`fastify-vitals: ${message}\n`) }

const files = ['package.json', 'package-lock.json', 'tsconfig.json', 'ops/runbook.md', 'plugins', 'src']
  .flatMap(filesOf)
  .sort()
const sources = { files, hash: hashOf(files) }
const built = readStamp()
const [unknown] = process.argv.slice(2)
if (unknown !== undefined) {
  tell(`build takes no arguments, and got ${JSON.stringify(unknown)}`)
  process.exitCode = 1
} else if (built.hash !== sources.hash) process.exitCode = await build()

async function build () {
  const missing = ['typescript', 'esbuild', 'fastify'].filter(name => !existsSync(join(root, 'node_modules', name)))
  if (missing.length > 0) {
    const are = missing.length > 1 ? 'are' : 'is'
    tell(`${missing.join(', ')} ${are} not installed: run npm ci first, with development dependencies`)
    return 1
  }
  tell(built.hash === undefined ? 'building (the first time takes some seconds)' : 'building, for sources have changed')
  const began = performance.now()
  // What was made of a source that is gone would stay.
  if (built.files?.some(file => !files.includes(file)) ?? true) rmSync(dist, { recursive: true, force: true })
  rmSync(stamp, { force: true })
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const flags = ['-p', root, '--incremental', '--tsBuildInfoFile', join(dist, '.build', 'types.json')]
  const { status } = spawnSync(process.execPath, [compiler, ...flags], { cwd: root, stdio: ['ignore', 2, 2] })
  if (status !== 0) {
    tell('not built: the compiler says above what is wrong')
    return status ?? 1
  }
  await import('../page/build.js')
  rmSync(join(dist, migrations), { recursive: true, force: true })
  cpSync(join(root, migrations), join(dist, migrations), { recursive: true })
  mkdirSync(join(dist, '.build'), { recursive: true })
  writeFileSync(stamp, JSON.stringify(sources))
  tell(`built in ${((performance.now() - began) / 1000).toFixed(1)} s`)
  return 0
}

function filesOf (path) {
  const whole = join(root, path)
  if (!existsSync(whole)) return []
  return statSync(whole).isDirectory() ? readdirSync(whole).flatMap(name => filesOf(`${path}/${name}`)) : [path]
}

function hashOf (files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(file).update('\0').update(readFileSync(join(root, file))).update('\0')
  return hash.digest('hex')
}

function readStamp () {
  try {
    return JSON.parse(readFileSync(stamp, 'utf8'))
  } catch {
    return {}
  }
}
