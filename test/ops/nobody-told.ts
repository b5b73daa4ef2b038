import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { root } from '../fixtures/guide.js'

const read = async (...path: string[]) => await readFile(join(root, ...path), 'utf8')

t.test('as shipped no receiver tells a human, and README, guide and configuration say so', async t => {
  const shipped = await read('ops', 'alertmanager', 'alertmanager.yml')
  t.strictSame(parse(shipped).receivers, [{ name: 'pager' }, { name: 'tickets' }, { name: 'heartbeat' }])
  const texts = [shipped, await read('README.md'), await read('ops', 'guide.md'), await read('ops', 'runbook.md')]
  for (const text of texts) t.match(text.replaceAll('*', ''), /No human is told of any alert/)
  t.match(await read('README.ko.md'), '아무에게도 알림이 가지 않으며')
})
