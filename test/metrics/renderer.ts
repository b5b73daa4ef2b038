import t from 'tap'
import { Catalogue } from '../../src/metrics/catalogue.js'
import { createRenderer } from '../../src/metrics/renderer.js'

t.test('what another thread renders is served as it is, and what it cannot is rendered here', async t => {
  const catalogue = new Catalogue()
  catalogue.value('orders_total').cell().add(3)
  catalogue.serve({ name: 'orders_total', type: 'counter', help: 'Orders' })
  let runs = false
  const asked: unknown[] = []
  const other = {
    scrape: async (...args: unknown[]) => {
      asked.push(args)
      if (!runs) throw new Error('It does not run')
      return { headers: { 'content-type': 'text/plain' }, body: new TextEncoder().encode('<there>').subarray(1, 6) }
    }
  }
  const client = '# HELP own Own\n# TYPE own gauge\nown 1\n'
  const wanted = { accept: 'text/plain' }
  const here = { body: /orders_total 3\n[^]*own 1\n/, headers: { 'cache-control': 'no-store' } }
  const reading = (observer?: typeof other) => {
    const render = createRenderer(catalogue, [], {}, observer, () => client)
    return async () => {
      const { headers, body, release } = await render(wanted)
      const text = body.toString()
      release()
      return { headers, body: text }
    }
  }

  t.match(await reading()(), here, 'where there is none')
  const render = reading(other)
  t.match(await render(), here, 'while it does not run')
  runs = true
  t.strictSame(await render(), { headers: { 'content-type': 'text/plain' }, body: 'there' })
  runs = false
  t.match(await render(), here, 'once it has ended')
  t.strictSame(asked, [1, 2, 3].map(() => [wanted, client]))
})
