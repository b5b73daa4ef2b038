import { gunzipSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { Catalogue } from '../../../src/metrics/catalogue.js'
import { createExposition } from '../../../src/metrics/exposition/exposition.js'
import { text004 } from '../../../src/metrics/exposition/format.js'
import { createGzip } from '../../../src/metrics/exposition/gzip.js'
import { familiesOf } from '../../../src/metrics/naming/index.js'
import { secondsGrid } from '../../../src/metrics/grid.js'

function build (routes: number) {
  const catalogue = new Catalogue({ maxSeries: 100_000 })
  const requests = catalogue.histogram('http.server.requests', ['method', 'route', 'status', 'scheme'], secondsGrid)
  const cell = (route: number) => requests.cell('GET', `/routes/${route}`, '200', 'http')
  const cells = Array.from({ length: routes }, (_, route) => cell(route))
  const exposition = createExposition(catalogue, familiesOf(['fastify']), text004)
  return { catalogue, cell, cells, exposition, gzip: createGzip() }
}

t.test('it is the text, whatever has changed since the last, and whoever else was given one between', async t => {
  const { cell, cells, exposition, gzip } = build(300)
  const check = (rest = '') => {
    const rendering = exposition.render(rest)
    const text = rendering.text.toString()
    t.equal(gunzipSync(gzip(rendering)).toString(), text)
    exposition.recycle(rendering.text)
  }
  check()
  check()
  cells[150]?.record(0.3)
  check('rest 1\n')
  for (let index = 0; index < 50; index++) {
    cells[index * 7 % 300]?.record(index / 10)
    // A scraper that takes the text as it is.
    exposition.render()
    if (index % 10 === 0) cell(1000 + index).record(1)
    if (index % 3 === 0) check(`rest ${index}\n`)
  }
})

t.test('it is the text, too, where rows get longer, or there are more of them, before those that stay', async t => {
  const catalogue = new Catalogue({ maxSeries: 100_000 })
  const [first, second] = [catalogue.value('first', ['n']), catalogue.value('second', ['n'])]
  for (let n = 0; n < 3000; n++) for (const each of [first, second]) each.cell(String(n)).add(1)
  const exposition = createExposition(catalogue, [
    { name: 'first', type: 'gauge', help: 'First', of: ['first'] },
    { name: 'second', type: 'gauge', help: 'Second', of: ['second'] }
  ], text004)
  const gzip = createGzip()
  const check = (what: string) => {
    const rendering = exposition.render()
    t.equal(gunzipSync(gzip(rendering)).toString(), rendering.text.toString(), what)
  }
  check('at first')
  for (let n = 0; n < 50; n++) first.cell(String(n)).add(1e9)
  check('longer')
  for (let n = 0; n < 50; n++) first.cell(`new ${n}`).add(1)
  check('more')
  first.cell('one').add(1)
  check('one more')
  check('the same')
})

t.test('it is little larger than gzip of the whole, and only what has changed is compressed', async t => {
  const { cells, exposition, gzip } = build(1000)
  for (const [index, each] of cells.entries()) for (let times = 0; times < index % 50; times++) each.record(times / 10)
  const first = exposition.render()
  const whole = gzipSync(first.text).length
  const compressed = gzip(first).length
  t.ok(compressed < whole * 2, `${compressed} bytes for ${first.text.length}, where all at once are ${whole}`)
  cells[500]?.record(1)
  const { parts } = exposition.render()
  const changed = parts.filter(({ version }, index) => version !== first.parts[index]?.version)
  t.ok(parts.length > 20, `${parts.length} parts`)
  t.equal(changed.length, 2, 'the one that it is in, and the last')
})
