import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import t from 'tap'
import { manifest, pack, root, run } from './fixtures/package.js'
import { reachableFrom } from './fixtures/reachable.js'

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

t.test('what imports the package as a whole is told its parts', async t => {
  const at = await project([])
  await writeFile(join(at, 'run.js'), `
    import { createRequire } from 'node:module'
    const require = createRequire(import.meta.url)
    const told = ({ message }) => message
    console.log(JSON.stringify([
      await import('fastify-vitals').catch(told),
      require('fastify-vitals/package.json').version
    ]))`)
  const [message, version] = JSON.parse((await run(process.execPath, ['run.js'], { cwd: at })).stdout)
  t.match(message, "import metrics from 'fastify-vitals/metrics'")
  const parts = Object.keys(manifest.exports).filter(path => path !== '.' && path !== './package.json')
  t.strictSame(
    [...message.split('There are ')[1].matchAll(/fastify-vitals(\/\w+)/g)].map(([, path]) => `.${path}`).sort(),
    parts.sort(),
    'all of them'
  )
  t.equal(version, manifest.version, 'and its package.json can be read')
})

t.test('the modules in it are those that an export leads to, and no others', async t => {
  const entries = Object.values<string | Record<string, string>>(manifest.exports)
    .flatMap(entry => typeof entry === 'string' ? [entry] : Object.values(entry))
    .map(path => posix.normalize(path))
  const modulesOf = (paths: Iterable<string>) =>
    [...new Set([...paths].flatMap(path => /^(dist\/.+?)(?:\.d\.ts|\.js)$/.exec(path)?.[1] ?? []))].sort()
  // What the page hands to browsers is no module of the package.
  const isAsset = (path: string) => path.startsWith('dist/src/page/assets/')

  const reached = modulesOf(await reachableFrom(root, entries))
  t.strictSame(modulesOf(files.filter(path => !isAsset(path))), reached, 'the list files in package.json says so')
  t.ok(['dist/plugins/metrics', 'dist/src/observer/thread'].every(path => reached.includes(path)), 'it sees imports')
  t.notOk(reached.includes('dist/src/server'), 'and what none imports')

  t.strictSame(
    files.filter(isAsset).sort(),
    (await readdir(join(root, 'dist/src/page/assets'))).map(name => `dist/src/page/assets/${name}`).sort(),
    'and the page has all of its files'
  )
  t.strictSame(files.filter(path => !isAsset(path) && !/^dist\/.*(\.d\.ts|\.js)$/.test(path)).sort(), [
    'CHANGELOG.md', 'LICENSE', 'README.ko.md', 'README.md', 'dist/src/page/bundle.json', 'dist/src/page/runbook.html',
    'ops/README.md', 'ops/runbook.md', 'package.json', 'plugins/README.md', 'plugins/names.md', 'test/bench/README.md'
  ], 'besides documents, and what the page reads')
})

t.test('no file in it tells of a source map that is not there', async t => {
  t.strictSame(files.filter(path => path.endsWith('.map')), [])
  for (const path of files.filter(path => path.endsWith('.js'))) {
    t.notMatch(await readFile(join(root, path), 'utf8'), /sourceMappingURL=/, path)
  }
})

t.test('the plugins are documented in it, with what that leads to', async t => {
  const documents = ['plugins/README.md', 'plugins/names.md']
  for (const document of ['README.md', ...documents]) {
    const text = await readFile(join(root, document), 'utf8')
    const links = [...text.matchAll(/\]\((?!\w+:)([^)#\s]+)/g)]
      .map(([, path = '']) => posix.join(posix.dirname(document), path))
      // The README is also that of the service, which is not in it.
      .filter(path => document !== 'README.md' || path.startsWith('plugins/'))
    t.ok(links.length > 0, document)
    t.strictSame(links.filter(path => !files.includes(path)), [], document)
  }
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
  t.match(manifest, { repository: { url: /^git\+https:/ }, keywords: Array, license: 'MIT' })
})
