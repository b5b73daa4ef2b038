import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import t from 'tap'
import { manifest, pack, run } from './fixtures/package.js'

const { tarball, files, project } = await pack(t)

t.test('who takes metrics gets nothing of the service', async t => {
  t.strictSame(
    Object.keys(manifest.dependencies),
    ['@fastify/error', '@fastify/under-pressure', 'fastify-metrics', 'fastify-plugin', 'prom-client', 'typebox']
  )
  t.strictSame(Object.keys(manifest.peerDependencies), ['fastify', 'postgres'])
  const at = await project([])
  await writeFile(join(at, 'run.js'), `
    import Fastify from 'fastify'
    const app = Fastify()
    for (const name of ['metrics', 'health', 'pressure', 'management']) app.register(import('fastify-vitals/' + name))
    console.log((await app.inject('/metrics')).statusCode)
    await app.close()`)
  t.equal((await run(process.execPath, ['run.js'], { cwd: at })).stdout, '200\n', 'neither does what is run')
})

t.test('CommonJS takes it as well', async t => {
  const at = await project([], 'commonjs')
  await writeFile(join(at, 'run.js'), `
    const app = require('fastify')()
    app.register(require('fastify-vitals/metrics'), { version: '1.2.3' })
    app.register(require('fastify-vitals/health').default)
    app.inject('/metrics').then(({ body }) => { console.log(/version="1.2.3"/.test(body)); return app.close() })`)
  t.equal((await run(process.execPath, ['--no-warnings', 'run.js'], { cwd: at })).stdout, 'true\n')
})

t.test('the package is what it says', async t => {
  const { messages, pkg } = await publint({
    pkgDir: join(await project([]), 'node_modules/fastify-vitals'),
    strict: true,
    pack: false
  })
  t.strictSame(messages.map(message => formatMessage(message, pkg)), [], 'by publint')
  // Each Node.js that is supported requires ES modules; TypeScript's old resolution knows nothing of exports.
  const { problems } = await checkPackage(createPackageFromTarballData(await readFile(tarball))) as {
    problems: Array<{ kind: string, resolutionKind?: string }>
  }
  t.strictSame(
    problems.filter(({ kind, resolutionKind }) => kind !== 'CJSResolvesToESM' && resolutionKind !== 'node10'),
    [],
    'by are-the-types-wrong'
  )
  t.notOk(files.some(path => /^(src|test|ops|plugins)\/.*\.ts$/.test(path)), 'no sources')
  t.match(manifest, { repository: { url: /^git\+https:/ }, keywords: Array, license: 'MIT' })
})
