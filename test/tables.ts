import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { variables } from '../src/config/variables.js'
import { replaceSection } from './bench/section.js'
import { faultTable } from './fixtures/fault-table.js'
import { nameTables } from './fixtures/names.js'
import { optionSchemas, optionTable } from './fixtures/option-table.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = async (path: string) => await readFile(join(root, path), 'utf8')

t.test('the table of variables is what the service reads', async t => {
  const rows = Object.entries(variables.properties as Record<string, { default?: unknown, description?: string }>)
    .map(([name, {
      default: value,
      description
    }]) => `| \`${name}\` | ${value === '' ? '' : `\`${String(value)}\``} | ${description} |`)
  const text = await read('ops/README.md')
  const configuration = text.slice(text.indexOf('## Configuration\n'), text.indexOf('## Who may see what\n'))
  t.equal(configuration.match(/^\| `[A-Z_]+` \|.*$/gm)?.join('\n'), rows.join('\n'))
})

t.test('the tables of names, options and faults are what is served, checked and was last seen', async t => {
  const options = Object.entries(optionSchemas).map(([plugin, schema]) => [
    'plugins/README.md',
    `options of ${plugin}`,
    optionTable(schema)
  ] as const)
  for (const [path, name, tables] of [
    ['plugins/names.md', 'names', nameTables()],
    ['test/faults/README.md', 'faults', await faultTable()],
    ...options
  ] as const) {
    const text = await read(path)
    const current = replaceSection(text, name, tables)
    if (process.env['TAP_SNAPSHOT'] === '1') await writeFile(join(root, path), current)
    else t.equal(text, current, 'TAP_SNAPSHOT=1 npx tap test/tables.ts writes them anew')
  }
})
