import t from 'tap'
import { quantilesOf } from '../../ops/grafana/src/estimate.js'
import { runbook } from '../../ops/grafana/src/runbook.js'
import { boundsOf } from '../../src/metrics/grid.js'
import { familiesOf } from '../../src/metrics/naming/index.js'
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
      t.strictSame(
        panels.slice(0, index).filter(other => overlap(other.gridPos, gridPos)).map(({ title }) => title),
        [],
        `${what} lies upon no other`
      )
      if (type !== 'row') {
        t.match(
          panel,
          {
            description: /\.$/,
            targets: [{ expr: String }],
            fieldConfig: { defaults: { unit: String, thresholds: Object } }
          },
          what
        )
      }
    }
    t.equal(new Set(panels.map(({ id }) => id)).size, panels.length, 'ids are different')
  }
})

t.test('uids never change, for links are made of them', async t => {
  t.strictSame(
    (await readDashboards()).map(({ uid }) => uid).sort(),
    ['vitals-database', 'vitals-journal', 'vitals-overview', 'vitals-runtime']
  )
})

t.test('panels link to the runbook of alerts that there are', async t => {
  const alerts = new Set(Object.values(await readRules())
    .flat()
    .flatMap(({ rules }) => rules)
    .map(({ alert }) => alert))
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

t.test('the rules of Grafana\'s dashboard-linter hold', async t => {
  /**
   * Series that are not of a target: alerts, what is recorded for objectives, and of Prometheus, Alertmanager,
   * PostgreSQL and machines.
   */
  const ofNoTarget = /\b(ALERTS|slo:|service:|prometheus_|alertmanager_|pg_|node_)/
  for (const { title, panels, templating, editable } of await readDashboards()) {
    t.equal(editable, false, `${title}: cannot be edited where it is provisioned`)
    const variables = new Map(templating.list.map(variable => [variable.name, variable]))
    t.match(variables.get('datasource'), { type: 'datasource', query: 'prometheus', label: 'Data source' }, title)
    for (const [name, label] of [['namespace', 'Namespace'], ['job', 'Job'], ['instance', 'Instance']] as const) {
      t.match(
        variables.get(name),
        { type: 'query', label, multi: true, includeAll: true, datasource: { uid: '$datasource' } },
        `${title}: ${name}`
      )
    }
    // All is a pattern, where a list would grow with pods; jobs are few, and all jobs would be Prometheus, too.
    t.match([variables.get('namespace'), variables.get('instance')], [{ allValue: '.*' }, { allValue: '.+' }], title)
    for (const { title: panel, type, datasource, targets = [] } of panels.filter(({ type }) => type !== 'row')) {
      const what = `${title}: ${panel}`
      t.match(datasource, { uid: '$datasource' }, `${what} (${type})`)
      t.ok(targets.length > 0, what)
      for (const { expr } of targets) {
        if (!ofNoTarget.test(expr)) t.match(expr, /\{[^}]*job=~"\$job", instance=~"\$instance"/, `${what}: ${expr}`)
        for (const [, range] of expr.matchAll(
          /\b(?:rate|increase|irate)\([^[]*\[([^\]]+)\]/g
        )) t.equal(range, '$__rate_interval', `${what}: ${expr}`)
      }
    }
  }
})

t.test('a query does not grow with the pods that All is', async t => {
  const longest = Math.max(
    ...(await readDashboards()).flatMap(
      ({ panels }) => panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr.length))
    )
  )
  t.ok(longest < 1000, `${longest} characters, of which $instance becomes .+`)
})

t.test('a panel of quantiles says which bounds its buckets have', async t => {
  const scale: Record<string, number> = { ms: 0.001, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }
  const told = (description = '') => {
    const [, text = ''] = /by default their bounds are (.*?), and what lies between/.exec(description) ?? []
    let unit = ''
    return text.split(', ').reverse().map(part => {
      const [number, own = unit] = part.split(' ')
      unit = own
      return Number((Number(number) * (scale[unit] ?? 1)).toPrecision(12))
    }).reverse()
  }
  const families = new Map(familiesOf(['fastify']).map(family => [family.name, family]))
  const panels = (await readDashboards()).flatMap(({ panels }) => panels)
  const ofQuantiles = panels.filter(({ targets = [] }) => targets.some(({ expr }) => /quantile|:p\d+_/.test(expr)))
  t.ok(ofQuantiles.length > 10)
  for (const { title, description, targets = [] } of ofQuantiles) {
    for (const name of targets.flatMap(({ expr }) => quantilesOf(expr))) {
      const family = families.get(name)
      t.strictSame(
        told(description),
        family !== undefined && 'cut' in family && boundsOf(family.cut),
        `${title}: ${name}`
      )
    }
  }
})

t.test('no panel reads the buckets of the time of each route or query, of which there may be thousands', async t => {
  for (const { title, panels } of await readDashboards()) {
    for (const { title: panel, targets = [] } of panels) {
      for (const { expr } of targets) {
        const read = expr.match(/\b(http_request|db_query)_\w*seconds_bucket\{[^}]*\}/g) ?? []
        const all = read.filter(selector => !/\b(route=|le="0\.5")/.test(selector))
        t.strictSame(all, [], `${title}: ${panel}: ${expr}`)
      }
    }
  }
})
