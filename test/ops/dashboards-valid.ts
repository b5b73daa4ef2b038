import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { compile } from '../fixtures/compile.js'
import { readDashboards } from '../fixtures/dashboards.js'
import { temporaryDirectory } from '../fixtures/service.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Changes that make a dashboard one that Grafana does not know. */
const faults: Array<[string, string]> = [
  ['"graphTooltip":1', '"graphTooltip":7'],
  ['"type":"timeseries"', '"type":"timeserie"'],
  ['"refId":"A"', '"refid":"A"'],
  ['"showPoints":"never"', '"showPoints":"no"'],
  ['"showLegend":true', '"showLegend":"yes"'],
  ['"reduceOptions":', '"reduce":']
]

t.test('the committed dashboards fit the types of Grafana\'s SDK, and faults in them would not', async t => {
  const directory = await temporaryDirectory(t)
  const dashboards = Object.fromEntries((await readDashboards()).map(dashboard => [
    dashboard.uid,
    JSON.stringify(dashboard)
  ]))
  const overview = dashboards['vitals-overview'] as string
  const faulty = Object.fromEntries(faults.map(([right, wrong], index) => [
    `fault-${index}`,
    overview.replace(right, wrong)
  ]))
  for (const [index, [right]] of faults.entries()) t.not(faulty[`fault-${index}`], overview, `${right} is in it`)

  const texts = Object.entries({ ...dashboards, ...faulty })
  for (const [name, text] of texts) {
    await writeFile(
      join(directory, `${name}.ts`),
      `import type { ValidDashboard } from '${join(root, 'test', 'fixtures', 'dashboard-type.js')}'\n` +
      `export const dashboard: ValidDashboard = ${text}`
    )
  }
  const errors = await compile(texts.map(([name]) => `${name}.ts`), directory)
  for (const name of Object.keys(dashboards)) {
    t.strictSame(errors.filter(line => line.startsWith(`${name}.ts`)), [], name)
  }
  for (const [index, [, wrong]] of faults.entries()) {
    t.ok(errors.some(line => line.startsWith(`fault-${index}.ts`)), `${wrong} is seen`)
  }
})
