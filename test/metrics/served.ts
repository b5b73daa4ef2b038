import { mkdir, readFile, writeFile } from 'node:fs/promises'
import t from 'tap'
import { Catalogue } from '../../src/metrics/catalogue.js'
import { createExposition } from '../../src/metrics/exposition/exposition.js'
import { text004 } from '../../src/metrics/exposition/format.js'
import { familiesOf, namingNames } from '../../src/metrics/naming/index.js'
import { createInstruments, instrumentNames, recordEverything } from '../fixtures/instruments.js'

const directory = new URL('../fixtures/served/', import.meta.url)
const place = (name: string) => instrumentNames.indexOf(name) + 1

// Whoever has a dashboard or an alert has these names, labels and numbers in it: a change here is one of theirs.
// TAP_SNAPSHOT=1 npx tap test/metrics/served.ts writes what is served by now.
const common = familiesOf([])
const lists = [['all', common] as const, ...namingNames.map(name =>
  [name, familiesOf([name]).filter(family => !common.includes(family))] as const
)]
for (const [name, families] of lists) {
  t.test(`what is served with ${name === 'all' ? 'each naming' : name} is what was served`, async t => {
    const catalogue = new Catalogue()
    const instruments = createInstruments(catalogue)
    // Each number is another, so that a sum shows what was added up.
    recordEverything(instruments, {}, place)
    recordEverything(instruments, {
      method: 'POST',
      route: '/orders',
      status: '404',
      scheme: 'https',
      pool: 'replica',
      operation: 'insert',
      query: 'add_order',
      outcome: 'rollback',
      code: '40001',
      state: 'used',
      reason: 'alive',
      type: 'RangeError',
      space: 'old',
      kind: 'major',
      check: 'disk',
      hook: 'finish'
    }, name => 1000 * place(name))
    const served = createExposition(catalogue, families, text004).render().text.toString()
    const kept = new URL(`${name}.txt`, directory)
    if (process.env['TAP_SNAPSHOT'] === '1') {
      await mkdir(directory, { recursive: true })
      await writeFile(kept, served)
    }
    t.equal(served, await readFile(kept, 'utf8'))
  })
}
