import { cpus } from 'node:os'
import { prepare } from './bench.js'
import { help, readOptions, type Options } from './options.js'
import { reached, type Result, type Run } from './result.js'
import { rows } from './rows.js'
import { table } from './table.js'

const known = Object.keys(rows)
const options = read()
if (options !== undefined) await measure(options)

function read (): Options | undefined {
  try {
    const asked = readOptions(process.argv.slice(2), known)
    if (asked === undefined) process.stdout.write(help(known))
    return asked
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\nbench: --help tells what can be measured\n`)
    process.exitCode = 1
    return undefined
  }
}

async function measure (options: Options): Promise<void> {
  const cores = cpus()
  const bench = await prepare(options)
  const results: Result[] = []

  try {
    for (const row of options.rows) results.push(...await rows[row]?.(bench) ?? [])
  } finally {
    bench.progress.end()
    await bench.stop()
  }

  const run: Run = {
    date: new Date().toISOString().slice(0, 10),
    cpu: cores[0]?.model.trim() ?? process.arch,
    cores: cores.length,
    quick: options.quick,
    results: results.map(result => ({ node: process.version, ...result }))
  }
  console.log(options.json ? JSON.stringify(run, null, 2) : table(run.results))
  if (options.check && results.some(result => reached(result) === false)) process.exitCode = 1
}
