import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { temporaryDirectory } from '../fixtures/service.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const typescript = ['--disable-warning=DEP0205', `--import=${join(root, 'test/fixtures/typescript/register.js')}`]
const backup = join(root, 'dist/src/tools/backup/main.js')
const write = join(root, '.ci/write')
/** What npm runs, but for what it builds before. */
const commands = {
  start: [process.execPath, join(root, 'dist/src/server.js')],
  build: [process.execPath, join(root, 'src/tools/build.js')],
  doctor: [process.execPath, join(root, 'dist/src/tools/doctor/main.js')],
  load: [process.execPath, join(root, 'dist/src/tools/load/main.js')],
  backup: [process.execPath, backup, 'backup'],
  restore: [process.execPath, backup, 'restore'],
  bench: [process.execPath, ...typescript, join(root, 'test/bench/main.ts')],
  'bench:readme': [process.execPath, ...typescript, join(root, 'test/bench/readme.ts')],
  'test:mutation': [process.execPath, join(root, '.ci/mutation/main.js')],
  dashboards: [write, 'dashboards', 'test/ops/dashboards.ts'],
  prometheusrule: [write, 'prometheusrule', 'test/ops/prometheus-rule.ts'],
  pictures: [write, 'pictures', 'test/page/readme-pictures.ts'],
  'test:matrix': [join(root, '.ci/matrix')]
}
type Command = keyof typeof commands

async function run (command: Command, args: string[], cwd: string, env: Record<string, string> = {}) {
  const [program, ...first] = commands[command] as [string, ...string[]]
  return await new Promise<{ code: number, output: string, told: string }>(resolve => {
    execFile(
      program,
      [...first, ...args],
      { cwd, env: { PATH: process.env['PATH'], ...env } },
      (error, output, told) => { resolve({ code: Number(error?.code ?? 0), output, told }) }
    )
  })
}

const directory = await temporaryDirectory(t)
const file = async (name: string, content: string | Buffer) => {
  const path = join(directory, name)
  await writeFile(path, content)
  return path
}
const text = await file('text', 'no backup, and no run')
const other = await file('other.gz', gzipSync('{"format":"another"}\n'))
const newer = await file('newer.gz', gzipSync('{"format":"fastify-vitals journal 1","migration":99}\n'))
const numbers = await file('numbers.json', '{"results":[1]}')
const inNowhere = join(directory, 'nowhere', 'file')

t.test('what a command cannot make sense of is told in a sentence, with code 1, and nothing is written', async t => {
  const cases: Array<[command: Command, args: string[], message: RegExp]> = [
    ['start', ['--port', '9000'], /cannot start\. The service takes no arguments, and got "--port": .*PORT=9000 /],
    ['build', ['--nope'], /build takes no arguments, and got "--nope"/],
    ['doctor', ['--servce', 'x'], /^doctor: There is no option --servce: did you mean --service\?/],
    ['doctor', ['--colour'], /^doctor: There is no option --colour: there are --service, --management, /],
    ['doctor', ['--wait'], /^doctor: Option '--wait <value>' argument missing$/m],
    ['doctor', ['--wait', '1', '--wait=2'], /^doctor: --wait is given more than once: give it once, /],
    ['doctor', ['--skip', 'grafana', '--skip', 'loki'], /^doctor: --skip does not know "loki": /],
    ['doctor', ['--skip', 'loki', '--skip', 'grafana'], /^doctor: --skip does not know "loki": /],
    ['doctor', ['--dashboards', inNowhere], /^doctor: --dashboards is ".*", but there is no .*nowhere\/file$/m],
    ['load', ['--nope'], /^load: There is no option --nope: there are --url, /],
    ['load', ['--url', 'http://a', '--url', 'http://b'], /^load: --url is given more than once: give it once, /],
    ['load', ['--mix', 'nope', '--mix', 'live'], /^load: .*nope/],
    ['load', ['nope'], /^load: Unexpected argument 'nope'/],
    ['backup', ['--nope'], /^backup: There is no option --nope: the only option is --help$/m],
    ['backup', ['a.gz', 'b.gz'], /^npm run backup -- FILE/],
    ['backup', ['a.gz'], /^backup: There is no database in .*\/empty: set DATA_DIR to .*, or DATABASE_URL to/],
    ['restore', ['--nope'], /^restore: There is no option --nope/],
    ['restore', [inNowhere], /^restore: .*nowhere\/file cannot be opened: there is no such file or directory$/m],
    ['restore', [directory], /^restore: .* is a directory$/m],
    ['restore', [text], /^restore: This is no backup of the journal: it is not compressed with gzip$/m],
    ['restore', [other], /^restore: The backup has the format another, and this version .* reads fastify-vitals/],
    ['restore', [newer], /^restore: The backup is of a newer version of the service, with migration 99: /],
    ['bench', ['--nope'], /^bench: There is no option --nope: did you mean --node\?$/m],
    ['bench', ['--only', 'CPU', '--only', 'instructions'], /^bench: --only is given more than once: give it once, /],
    ['bench', ['nope'], /^bench: There is no row nope: there are http, /],
    ['bench:readme', [], /^bench:readme: give one file: npm run bench:readme -- FILE, /],
    ['bench:readme', ['--nope'], /^bench:readme: There is no option --nope/],
    ['bench:readme', [inNowhere], /^bench:readme: .*nowhere\/file cannot be opened: there is no such file/],
    ['bench:readme', [text], /^bench:readme: .*\/text is not a run of the benchmark: npm run bench:readme -- FILE/],
    ['bench:readme', [numbers], /^bench:readme: .*numbers\.json is not a run of the benchmark: /],
    ['test:mutation', ['--nope'], /^test:mutation: Unknown option '--nope'/],
    ['test:mutation', ['--jobs', '0'], /^test:mutation: --jobs must be a whole number of 1 or more, not "0"$/m],
    ['test:mutation', [inNowhere], /^test:mutation: There is no .*nowhere\/file to be changed$/m],
    ['dashboards', ['--nope'], /^dashboards takes no arguments, and got "--nope"/],
    ['prometheusrule', ['nope'], /^prometheusrule takes no arguments, and got "nope"/],
    ['pictures', ['now.png'], /^pictures takes no arguments, and got "now\.png"/],
    ['test:matrix', ['22', '--nope'], /^test:matrix: "--nope" is no version of Node\.js: .* or none for 20 22 24 26$/m]
  ]
  const documents = async () =>
    await Promise.all(['README.md', 'test/bench/README.md', 'test/bench/results.json'].map(async path =>
      await readFile(join(root, path), 'utf8')))
  const before = await documents()
  for (const [command, args, message] of cases) {
    const name = `npm run ${command} -- ${args.join(' ')}`
    const empty = join(directory, 'empty')
    const { code, told } = await run(command, args, directory, { DATA_DIR: empty, PORT: '0', MANAGEMENT_PORT: '0' })
    t.equal(code, 1, name)
    t.match(told, message, name)
    t.notMatch(told, /^ +at /m, `${name}: without a stack`)
    t.notOk(existsSync(empty), `${name}: without a database`)
  }
  t.strictSame((await readdir(directory)).sort(), ['newer.gz', 'numbers.json', 'other.gz', 'text'])
  t.strictSame(await documents(), before)
})

t.test('help is shown where it is asked for, with exit code 0', async t => {
  for (const command of ['doctor', 'load', 'backup', 'restore', 'bench'] as const) {
    for (const flag of ['--help', '-h']) {
      const { code, output, told } = await run(command, [flag], directory)
      t.strictSame({ code, told }, { code: 0, told: '' }, command)
      t.match(output, new RegExp(`npm run ${command} -- `), command)
    }
  }
})
