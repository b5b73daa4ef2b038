// Adds what a saved run found to test/bench/results.json, and writes that into test/bench/README.md, and the little of
// it that README.md shows: npm run bench:readme -- run.json
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { readArguments } from '../../src/tools/shared/arguments.js'
import { explainFile } from '../../src/tools/shared/explain-file.js'
import { costs } from './costs.js'
import { majors } from './nodes.js'
import { merge, type Result, type Run } from './result.js'
import { rows } from './rows.js'
import { replaceSection } from './section.js'
import { markdown } from './table.js'

const usage = 'npm run bench:readme -- FILE, of a run that was saved with: npm run --silent bench -- --json > run.json'
const inProject = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

try {
  const { positionals: [saved, ...more] } = readArguments({ args: process.argv.slice(2), allowPositionals: true })
  if (saved === undefined || more.length > 0) throw new Error(`give one file: ${usage}`)
  await write(await read(saved))
} catch (error) {
  process.stderr.write(`bench:readme: ${(error as Error).message}\n`)
  process.exitCode = 1
}

/** Nothing is written unless all of it can be made. */
async function write (run: Run): Promise<void> {
  const kept = inProject('test/bench/results.json')
  const known = inOrder(merge(await read(kept), run))
  const documents = [['test/bench/README.md', 'bench', markdown(known)], ['README.md', 'costs', costs(known)]] as const
  const written = await Promise.all(documents.map(async ([file, section, text]) => {
    const path = inProject(file)
    return [path, replaceSection(await readFile(path, 'utf8'), section, text)] as const
  }))
  for (const [path, text] of [[kept, `${JSON.stringify(known, null, 1)}\n`] as const, ...written]) {
    await writeFile(path, text)
  }
}

async function read (path: string): Promise<Run> {
  const text = await readFile(path, 'utf8').catch(explainFile(path))
  const run = parse(text)
  if (run === undefined || !isRun(run)) throw new Error(`${path} is not a run of the benchmark: ${usage}`)
  return run
}

function isRun ({ results }: Run): boolean {
  return Array.isArray(results) && results.every(result => typeof result?.row === 'string')
}

function parse (text: string): Run | undefined {
  try {
    return (JSON.parse(text) ?? undefined) as Run | undefined
  } catch {
    return undefined
  }
}

/** By row, and of each the Node.js of the image first, and instructions before the rest. */
function inOrder (run: Run): Run {
  const names = Object.keys(rows)
  const nodes = majors.map(major => `v${major}`)
  const place = ({ row, node = '', measure }: Result) => names.indexOf(row) * 100 +
    nodes.indexOf(node.split('.')[0] ?? '') * 10 + Number(measure !== 'instructions')
  return { ...run, results: run.results.toSorted((one, other) => place(one) - place(other)) }
}
