import t from 'tap'
import { runbook } from '../../ops/grafana/src/runbook.js'
import { readDashboards, type PanelJson } from '../fixtures/dashboards.js'
import { readRules } from '../fixtures/prometheus.js'

type Place = PanelJson['gridPos']

const overlap = (a: Place, b: Place) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h

t.test('panels have their places, and tell what they show', async t => {
  for (const { title, panels } of await readDashboards()) {
    for (const [index, panel] of panels.entries()) {
      const { gridPos, type } = panel
      const what = `${title}: ${panel.title}`
      t.ok(gridPos.x + gridPos.w <= 24, what)
      t.strictSame(panels.slice(0, index).filter(other => overlap(other.gridPos, gridPos)).map(({ title }) => title), [], `${what} lies upon no other`)
      if (type !== 'row') t.match(panel, { description: /\.$/, targets: [{ expr: String }], fieldConfig: { defaults: { unit: String, thresholds: Object } } }, what)
    }
    t.equal(new Set(panels.map(({ id }) => id)).size, panels.length, 'ids are different')
  }
})

t.test('uids never change, for links are made of them', async t => {
  t.strictSame((await readDashboards()).map(({ uid }) => uid).sort(), ['vitals-database', 'vitals-journal', 'vitals-overview', 'vitals-runtime'])
})

t.test('panels link to the runbook of alerts that there are', async t => {
  const alerts = new Set(Object.values(await readRules()).flat().flatMap(({ rules }) => rules).map(({ alert }) => alert))
  for (const { title, panels } of await readDashboards()) {
    for (const { title: panel, links = [] } of panels) {
      for (const { title: link, url } of links.filter(({ title }) => title.startsWith('Runbook: '))) {
        const alert = link.slice('Runbook: '.length)
        t.ok(alerts.has(alert), `${title}: ${panel}: ${alert}`)
        t.equal(url, runbook(alert))
      }
    }
  }
})
