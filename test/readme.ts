import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { consumerWith } from './fixtures/consumer.js'
import { anchorsOf } from './fixtures/guide.js'
import { startPostgres } from './fixtures/postgres.js'
import { freePort } from './fixtures/programs.js'
import { ownFolder, startService, temporaryDirectory } from './fixtures/service.js'
import { until } from './fixtures/until.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = async (path: string) => await readFile(join(root, path), 'utf8')
const readme = await read('README.md')
const blocks = (language: string) =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, text]) => text as string)

t.test('each code of the pool\'s own errors is told of', async t => {
  const codes = [...(await read('src/postgres/errors.ts')).matchAll(/coded\(\s*'(\w+)'/g)].map(([, code]) => code)
  const text = await read('plugins/README.md')
  const [section = ''] = /^### Its errors$.*?(?=^## )/ms.exec(text) ?? []
  const told = [...section.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code)
  t.strictSame(told.sort(), [...new Set(codes)].sort())
})

t.test('the README is short, and each link in any document leads somewhere', async t => {
  t.ok(readme.split('\n').length <= 250, 'README.md has at most 250 lines')
  const documents = (await readdir(root, { recursive: true })).filter(path => path.endsWith('.md') &&
    !/(^|\/)(node_modules|dist|\.\w+)\//.test(path))
  t.ok(documents.length > 8, String(documents))
  for (const path of documents) {
    for (const [link, to = ''] of (await read(path)).replaceAll(
      /^( *)```.*?^\1```$/gms,
      ''
    ).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^\w+:/.test(to)) continue
      const [file, anchor] = to.split('#')
      const target = file === '' ? path : relative(root, join(root, dirname(path), file as string))
      t.ok(existsSync(join(root, target)), `${path}: ${link}`)
      if (anchor !== undefined) t.ok((await anchorsOf(target)).includes(decodeURIComponent(anchor)), `${path}: ${link}`)
    }
  }
})

t.test('the first start tells what is shown, and the commands to try it answer as told', async t => {
  const DATA_DIR = join(await temporaryDirectory(t), '.data')
  const { origin, told, stop } = await startService(t, { DATA_DIR })
  const [shown] = /^fastify-vitals: .*?(?=^```$)/ms.exec(readme) ?? []
  const withoutPlace = (text = '') => text
    .replaceAll(DATA_DIR, '/home/you/fastify-vitals/.data')
    .replaceAll(/localhost:\d+/g, 'localhost')
    .trim()
  t.equal(withoutPlace(told()), withoutPlace(shown))

  const outputs = []
  for (const commands of blocks('sh').filter(text => text.startsWith('curl'))) {
    const shell = spawn(
      'sh',
      ['-ec', commands.replaceAll('curl ', 'curl -sS --fail-with-body ').replaceAll('http://localhost:8000', origin)],
      { stdio: ['ignore', 'pipe', 'inherit'] }
    )
    let output = ''
    shell.stdout.on('data', text => { output += text })
    t.same(await once(shell, 'close'), [0, null], output)
    outputs.push(output)
  }
  const { timestamp, ...answer } = JSON.parse(outputs[0] as string)
  t.strictSame({ ...answer, timestamp: 1706400000.123 }, JSON.parse(blocks('json')[0] as string))
  t.type(timestamp, 'number')
  t.match(outputs[1], /"created":1[^]*"name":"HighErrorRate"[^]*"count":1/)
  t.equal(await stop(), 0)
})

/** Runs an example in a service that has installed the package; resolves with its origin. */
async function runExample (t: Test, text: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const port = await freePort()
  const example = spawn(
    process.execPath,
    [await consumerWith(t, 'example.mjs', text.replace('port: 3000', `port: ${port}`))],
    { env: { ...ownFolder, ...env, PORT: String(port) }, stdio: 'inherit' }
  )
  const exited = once(example, 'exit')
  t.teardown(async () => { example.kill('SIGKILL'); await exited })
  const origin = `http://localhost:${port}`
  await until('the example to listen', async () => await fetch(origin).then(() => true, () => false))
  return origin
}

t.test('the example of one plugin runs', async t => {
  const origin = await runExample(t, blocks('js')[0] as string)
  t.match(await (await fetch(`${origin}/metrics`)).text(), /^http_request_duration_seconds_count{.*} 1$/m)
})

t.test('the example of the plugins runs', async t => {
  const { url } = await startPostgres(t)
  const origin = await runExample(t, blocks('js')[1] as string, { DATABASE_URL: url })
  t.match(await (await fetch(`${origin}/orders`, { method: 'POST' })).json(), { now: String })
  t.match(await (await fetch(`${origin}/metrics/`)).text(), /^orders_total 1$/m)
  t.match(await (await fetch(`${origin}/health/`)).json(), {
    status: 'healthy',
    checks: { database: { status: 'healthy' }, disk: { message: 'Enough room' } }
  })
  t.equal((await fetch(`${origin}/health/ready/`)).status, 200)
})

t.test('the script that a report of a bug begins from runs', async t => {
  const [, text = ''] = /^ *```js\n(.*?)^ *```$/ms.exec(await read('CONTRIBUTING.md')) ?? []
  const script = spawn(process.execPath, [await consumerWith(t, 'bug.mjs', text)], {
    env: { ...process.env, ...ownFolder },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  let output = ''
  script.stdout.on('data', shown => { output += shown })
  t.same(await once(script, 'close'), [0, null])
  t.match(output, /^http_request_duration_seconds_count{.*route="\/orders".*} 1$/m)
})
