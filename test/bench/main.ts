import { cpus } from 'node:os'
import { prepare } from './bench.js'
import { readOptions } from './options.js'
import { reached, type Result, type Run } from './result.js'
import { rows } from './rows.js'
import { table } from './table.js'

const options = readOptions(process.argv.slice(2), Object.keys(rows))
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
