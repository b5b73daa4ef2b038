import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { dashboards } from '../../ops/grafana/src/dashboards.js'

const directory = fileURLToPath(new URL('../../ops/grafana/dashboards', import.meta.url))

t.test('the committed dashboards are what their code makes', async t => {
  for (const [name, dashboard] of Object.entries(dashboards)) {
    const file = join(directory, `${name}.json`)
    const text = JSON.stringify(dashboard, null, 2) + '\n'
    if (process.env['TAP_SNAPSHOT'] === '1') await writeFile(file, text)
    else t.equal(await readFile(file, 'utf8'), text, `${name}: npm run dashboards writes it anew`)
  }
  t.strictSame((await readdir(directory)).sort(), Object.keys(dashboards).map(name => `${name}.json`).sort())
})
