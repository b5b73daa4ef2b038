import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { compare } from '../../src/tools/load/compare.js'
import { readMix } from '../../src/tools/load/mix.js'
import { startPostgres } from '../fixtures/postgres.js'
import { freePort } from '../fixtures/programs.js'
import { startService, temporaryDirectory } from '../fixtures/service.js'
import { runTool } from '../fixtures/tool.js'

const everyFewMs = (url: string) =>
  setInterval(() => { fetch(url).then(async response => await response.text()).catch(() => {}) }, 20)
/** Leaves most of a processor to other tests. */
const gentle = ['--seconds', '1', '--rate', '300']
const equal = /autocannon saw ([\d,]+) requests, the service counted \1: equal\.\n$/

t.test('on a service', async t => {
  const { url } = await startPostgres(t)
  const { origin } = await startService(t, { DATABASE_URL: url, JOURNAL_TOKEN: 'a-token', METRICS_NAMES: 'fastify' })

  for (const pipelining of ['1', '10']) {
    t.test(`the service counted what autocannon sent, by route, with ${pipelining} at once per connection`, async t => {
      const { code, output } = await runTool(
        'load',
        ['--seconds', '1', '--pipelining', pipelining],
        { LOAD_URL: origin, JOURNAL_TOKEN: 'a-token' }
      )
      t.match(output, equal)
      t.equal(code, 0)
      for (const route of [
        'GET /api/alerts',
        'POST /api/alerts',
        'GET /api/alerts/summary',
        'GET /health',
        'GET /health/live'
      ]) t.match(output, new RegExp(`^  ${route} +([\\d,]+) +\\1$`, 'm'), route)
      t.match(output, /Latency .*Req\/Sec .* 200 /s, 'it has tables of latencies and statuses')
      t.notMatch(output, 'a-token')
    })
  }

  t.test('a rate is kept, and what was sent is counted too', async t => {
    const { code, output } = await runTool(
      'load',
      ['--url', origin, '--seconds', '3', '--rate', '40', '--mix', 'list,health'],
      {}
    )
    t.equal(code, 0)
    t.match(output, equal)
    const sent = Number(equal.exec(output)?.[1])
    t.ok(sent >= 40 && sent <= 4 * 40, `${sent} requests`)
  })

  t.test('what others ask meanwhile makes the counts differ, and is said', async t => {
    const asking = everyFewMs(`${origin}/health/live/`)
    const { code, output } = await runTool('load', ['--url', origin, ...gentle, '--mix', 'live'], {})
    clearInterval(asking)
    t.equal(code, 1)
    t.match(output, /not equal\. Somebody else asked the same routes/)
  })

  t.test('what others ask of other routes does not matter', async t => {
    const asking = everyFewMs(`${origin}/metrics/`)
    const { code, output } = await runTool('load', ['--url', origin, ...gentle, '--mix', 'live,missing'], {})
    clearInterval(asking)
    t.match(output, equal)
    t.equal(code, 0)
  })

  t.test('a file .env says what the environment does not', async t => {
    const cwd = await temporaryDirectory(t)
    await writeFile(
      join(cwd, '.env'),
      `# as Docker Compose reads it\nAPP_PORT=${new URL(origin).port}\nJOURNAL_TOKEN='a-token'\nLOAD_MIX=none\n`
    )
    const { code, output } = await runTool('load', gentle, { LOAD_MIX: 'store,list' }, cwd)
    t.match(output, equal)
    t.equal(code, 0)
    t.notMatch(output, 'a-token')
    const alone = await runTool('load', [...gentle, '--mix', 'live'], { PORT: new URL(origin).port })
    t.match(alone.output, equal, 'and PORT is where npm start has it listen')
    await writeFile(join(cwd, '.env'), 'METRICS_NAMES=otel\nJOURNAL_TOKEN a-token\n')
    const broken = await runTool('load', gentle, {}, cwd)
    t.match(broken, { code: 1, output: /load: The file .*\.env has no setting in line 2: write NAME=value/ })
    t.notMatch(broken.output, 'a-token')
  })

  t.test('a token that is missing is asked for before anything is counted', async t => {
    const { code, output } = await runTool('load', ['--url', origin], {})
    t.match({ code, output }, { code: 1, output: /POST \/api\/alerts asks for a token: set JOURNAL_TOKEN/ })
  })
})

for (const names of ['django', 'otel']) {
  t.test(`the service's count is found under the names of ${names}`, async t => {
    const { url } = await startPostgres(t)
    const { origin } = await startService(t, { DATABASE_URL: url, METRICS_NAMES: names })
    const { code, output } = await runTool('load', ['--url', origin, ...gentle], {})
    t.match(output, equal)
    t.equal(code, 0)
  })
}

t.test('without a service it says how to start one', async t => {
  const { code, output } = await runTool('load', ['--url', `http://127.0.0.1:${await freePort()}`], {})
  t.match({ code, output }, {
    code: 1,
    output: /No service answers: http:\/\/127\.0\.0\.1:\d+ refuses connections.*npm start.*docker compose up -d.*--url/
  })
})

t.test('what it cannot make sense of is named', async t => {
  for (const [args, message] of [
    [['--seconds', '0'], '--seconds must be a whole number from 1 to 3600, not "0"'],
    [['--url', 'localhost:8000'], '--url is not a URL such as http://localhost:8000: "localhost:8000"'],
    [['--mix', 'list=6,lost'], '--mix does not know "lost"'],
    [['--fast'], 'There is no option --fast: there are --url, ']
  ] as const) {
    const { code, output } = await runTool('load', [...args], {})
    t.match({ code, output }, { code: 1, output: message })
  }
})

t.test('--help tells every flag and variable', async t => {
  const { code, output } = await runTool('load', ['--help'], {})
  t.equal(code, 0)
  for (const name of [
    '--url URL',
    '--seconds N',
    '--connections N',
    '--pipelining N',
    '--mix LIST',
    'LOAD_URL',
    'JOURNAL_TOKEN',
    'default 20'
  ]) t.match(output, name)
})

t.test('a connection that stopped within the mix counts only what it asked', t => {
  const requests = readMix('list=2,store', '')
  t.strictSame(
    compare(requests, [3, 4, 0], [], []).map(({ name, sent }) => [name, sent]),
    [['GET /api/alerts', 5], ['POST /api/alerts', 2]]
  )
  t.end()
})
