// Adds what a saved run found to test/bench/results.json, and writes that into test/bench/README.md, and the little of
// it that README.md shows: npm run bench:readme -- run.json
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { costs } from './costs.js'
import { majors } from './nodes.js'
import { merge, type Result, type Run } from './result.js'
import { rows } from './rows.js'
import { replaceSection } from './section.js'
import { markdown } from './table.js'

const [saved] = process.argv.slice(2)
if (saved === undefined) {
  throw new Error('Give the file of a run that was saved with: npm run --silent bench -- --json > run.json')
}
const root = new URL('../../../', import.meta.url)
const kept = fileURLToPath(new URL('test/bench/results.json', root))
const read = async (path: string) => JSON.parse(await readFile(path, 'utf8')) as Run
const known = inOrder(merge(await read(kept), await read(saved)))
await writeFile(kept, `${JSON.stringify(known, null, 1)}\n`)
for (const [file, section, text] of [
  ['test/bench/README.md', 'bench', markdown(known)],
  ['README.md', 'costs', costs(known)]
] as const) {
  const path = fileURLToPath(new URL(file, root))
  await writeFile(path, replaceSection(await readFile(path, 'utf8'), section, text))
}

/** By row, and of each the Node.js of the image first, and instructions before the rest. */
function inOrder (run: Run): Run {
  const names = Object.keys(rows)
  const nodes = majors.map(major => `v${major}`)
  const place = ({ row, node = '', measure }: Result) => names.indexOf(row) * 100 +
    nodes.indexOf(node.split('.')[0] ?? '') * 10 + Number(measure !== 'instructions')
  return { ...run, results: run.results.toSorted((one, other) => place(one) - place(other)) }
}
