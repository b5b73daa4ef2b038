// Writes what a saved run found into test/bench/README.md, and the little of it that README.md shows: npm run
// bench:readme -- run.json
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Run } from './result.js'
import { replaceSection } from './section.js'
import { costs, markdown } from './table.js'

const [saved] = process.argv.slice(2)
if (saved === undefined) {
  throw new Error('Give the file of a run that was saved with: npm run --silent bench -- --json > run.json')
}
const run = JSON.parse(await readFile(saved, 'utf8')) as Run
const root = new URL('../../../', import.meta.url)
for (const [file, section, text] of [
  ['test/bench/README.md', 'bench', markdown(run)],
  ['README.md', 'costs', costs(run)]
] as const) {
  const path = fileURLToPath(new URL(file, root))
  await writeFile(path, replaceSection(await readFile(path, 'utf8'), section, text))
}
