// Changes the code in small ways, one at a time, and tells which changes no test notices: npm run test:mutation, or
// some files or folders only: npm run test:mutation -- src/postgres/retry.ts. Each room is tested by those tests that
// are about it (rooms.json). A mutant that no test can notice, because nobody who uses the code could, is told of in
// explained.json. With --sample 60 it draws that many of each room, all of the same chance, with --seed 2 others than
// with 1. With --jobs 3 it tests three at once, which takes less time even on one core: many have a test wait. Stryker
// is installed on the side, for nothing else needs its packages.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))
const beside = name => fileURLToPath(new URL(name, import.meta.url))
const read = name => JSON.parse(readFileSync(beside(name), 'utf8'))
const stryker = join(root, 'node_modules', '.cache', 'stryker')
const packages = ['@stryker-mutator/core@9.6', 'typescript@5.9']

/** Percent of a room's mutants that are to be killed or explained. */
const least = 90

// What is wrong with the command line is told in a sentence, and what is wrong here with where.
process.on('uncaughtException', error => {
  const isTold = error.name === 'Error' || error.code?.startsWith('ERR_PARSE_ARGS_')
  console.error(isTold ? `test:mutation: ${error.message}` : error)
  process.exit(1)
})

process.chdir(root)
const rooms = read('rooms.json')
const explained = read('explained.json')
const gone = Object.values(rooms).flat().filter(test => !existsSync(test))
if (gone.length > 0) throw new Error(`rooms.json names tests that are not there: ${gone.join(', ')}`)
const numbered = value => ({ type: 'string', default: value })
const options = { sample: { type: 'string' }, seed: numbered('1'), jobs: numbered('1') }
const { values: { sample, seed, jobs }, positionals: asked } = parseArgs({ options, allowPositionals: true })
for (const [name, value] of Object.entries({ sample, seed, jobs })) {
  if (value !== undefined && !/^[1-9]\d*$/.test(value)) {
    throw new Error(`--${name} must be a whole number of 1 or more, not ${JSON.stringify(value)}`)
  }
}
const files = (asked.length > 0 ? asked : Object.keys(rooms)).flatMap(filesOf)

install()
for (const room of Object.keys(rooms)) {
  const mutate = files.filter(file => roomOf(file) === room)
  if (mutate.length > 0) tell(room, run(room, [...new Set(mutate)]))
}

function filesOf (path) {
  if (!existsSync(path)) throw new Error(`There is no ${path} to be changed`)
  if (!statSync(path).isDirectory()) return [relative(root, path)]
  return readdirSync(path).flatMap(name => filesOf(join(path, name))).filter(name => name.endsWith('.ts'))
}

function roomOf (file) {
  for (let room = dirname(file); room !== '.'; room = dirname(room)) if (rooms[room] !== undefined) return room
  throw new Error(`rooms.json names no tests for ${file}: only for ${Object.keys(rooms).join(', ')}`)
}

function install () {
  if (existsSync(join(stryker, 'node_modules'))) return
  const flags = ['--silent', '--no-audit', '--no-fund', '--prefix', stryker]
  const { status } = spawnSync('npm', ['install', ...flags, ...packages], { stdio: 'inherit' })
  if (status !== 0) throw new Error(`npm could not install ${packages.join(' ')}: it says above why`)
}

/** Returns how many mutants these files have, and what became of each that was tested. */
function run (room, mutate) {
  const name = join(stryker, 'results', (mutate.length === 1 ? mutate[0] : room).replaceAll('/', '.'))
  const mutants = `${name}.jsonl`
  const sampleFile = sample && `${name}.sample.json`
  const node = ['--import=./test/fixtures/typescript/register.js', '--import=./test/fixtures/own-folder.js']
  mkdirSync(dirname(name), { recursive: true })
  rmSync(mutants, { force: true })
  writeFileSync(`${name}.json`, JSON.stringify({
    testRunner: 'warm',
    warm: { testFiles: rooms[room], nodeArgs: node, coverFile: `${name}.coverage.json`, sampleFile },
    warnings: { unknownOptions: false },
    plugins: [beside('runner.js'), beside('reporter.js')],
    mutate,
    ignorePatterns: ['.tap', '.bench', '.data'],
    // The runner types strip, and hears from its own processes when one takes too long.
    disableTypeChecks: false,
    coverageAnalysis: 'perTest',
    concurrency: Number(jobs),
    dryRunTimeoutMinutes: 60,
    timeoutMS: 3_600_000,
    tempDirName: '.stryker-tmp',
    reporters: ['lines', 'progress-append-only'],
    allowConsoleColors: false
  }))
  const bin = join(stryker, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js')
  const env = {
    ...process.env,
    MUTANTS: mutants,
    ...(sample && { SAMPLE: sample, SEED: seed, SAMPLE_FILE: sampleFile }),
    // As tests have it under tap, which is not what runs them here.
    TAP_TIMEOUT: '400'
  }
  const { status } = spawnSync(process.execPath, [bin, 'run', `${name}.json`], { stdio: 'inherit', env })
  if (status !== 0) throw new Error(`Stryker failed in ${room}, with code ${status}: it says above why`)
  const [{ all }, ...tested] = readFileSync(mutants, 'utf8').trim().split('\n').map(line => JSON.parse(line))
  return { all, tested }
}

/** Tells the survivors and the score of a room. */
function tell (room, { all, tested: mutants }) {
  // RuntimeError: a file of tests could not even be loaded.
  const killed = mutants.filter(({ status }) => ['Killed', 'Timeout', 'RuntimeError'].includes(status))
  const left = mutants.filter(({ status }) => status === 'Survived' || status === 'NoCoverage').map(withOriginal)
  const survivors = left.filter(mutant => !explained.some(one => isOf(one, mutant)))
  for (const { file, line, column, mutator, original, replacement, status } of survivors) {
    console.log(`\n${file}:${line}:${column} ${mutator}${status === 'NoCoverage' ? ', which no test runs' : ''}`)
    console.log(`- ${original}\n+ ${replacement}`)
  }
  const counted = killed.length + left.length
  const score = 100 * (counted - survivors.length) / counted
  const which = counted < all ? `a sample of ${counted} of ${all} mutants` : `${counted} mutants`
  console.log(`\n${room}: ${which}, ${killed.length} killed, ${left.length - survivors.length} explained, ` +
    `${survivors.length} survived: ${score.toFixed(1)} %`)
  if (score < least) process.exitCode = 1
}

function withOriginal (mutant) {
  const { file, line, column, endLine, endColumn } = mutant
  const lines = readFileSync(file, 'utf8').split('\n').slice(line - 1, endLine)
  const at = lines[0].trim()
  lines.push(lines.pop().slice(0, endColumn - 1))
  lines[0] = lines[0].slice(column - 1)
  return { ...mutant, at, original: lines.join('\n') }
}

/** Whether a mutant is the one that was explained: the same change of the same text, in a line that reads the same. */
function isOf (one, mutant) {
  return ['file', 'at', 'original', 'replacement'].every(key => one[key] === mutant[key])
}
