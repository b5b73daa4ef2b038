// Writes the table of a saved run into README.md: npm run bench:readme -- run.json
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Run } from './result.js'
import { replaceSection } from './section.js'
import { markdown } from './table.js'

const [saved] = process.argv.slice(2)
if (saved === undefined) throw new Error('Give the file of a run that was saved with: npm run --silent bench -- --json > run.json')
const run = JSON.parse(await readFile(saved, 'utf8')) as Run
const path = fileURLToPath(new URL('../../../README.md', import.meta.url))
await writeFile(path, replaceSection(await readFile(path, 'utf8'), 'bench', markdown(run)))
