import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableHide,
  VariableRefresh,
  VariableSort,
  type Dashboard,
  type Panel,
  type VariableModel
} from '@grafana/grafana-foundation-sdk/dashboard'
import { dashboardsTagged, link } from './link.js'
import { built, datasource } from './panel.js'
import { series } from './query.js'
import { runbook } from './runbook.js'

export interface DashboardOptions {
  /** Stays for ever: links and the home page are made of it. */
  uid: string
  title: string
  description: string
  rows: Array<{ title: string, panels: Panel[] }>
  /** Variables besides the data source, job and instance. */
  variables?: VariableModel[]
  links?: Array<ReturnType<typeof link>>
}

const tag = 'fastify-vitals'
const columns = 24
/** Jobs that have answered, and the one of the rules, which may never have. */
const jobs = '{__name__=~"http_requests_started_total|service:memory_limit:bytes"}'

/**
 * A dashboard with the variables, annotations and links that all have. Throws a RangeError when a line of panels is not
 * as wide as the page.
 */
export function createDashboard ({
  uid,
  title,
  description,
  rows,
  variables = [],
  links = []
}: DashboardOptions): Dashboard {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([tag])
    .readonly()
    .time({ from: 'now-1h', to: 'now' })
    .refresh('30s')
    .tooltip(DashboardCursorSync.Crosshair)
    .links([dashboardsTagged(tag), link('Runbook', runbook()), ...links].map(built))
    .variables([
      source(),
      choice('namespace', 'Namespace', 'label_values(up{job=~"$job"}, namespace)', '.*'),
      choice('job', 'Job', `label_values(${jobs}, job)`),
      choice('instance', 'Instance', 'label_values(up{namespace=~"$namespace", job=~"$job"}, instance)', '.+'),
      runbookAddress(),
      ...variables.map(built)
    ])
    .annotations([alerts(), restarts()])
  for (const { title, panels } of rows) {
    assertLines(title, panels)
    builder.withRow(new RowBuilder(title))
    for (const panel of panels) builder.withPanel(built(panel))
  }
  const dashboard = builder.build()
  for (const [index, panel] of dashboard.panels?.entries() ?? []) panel.id = index + 1
  return dashboard
}

function assertLines (row: string, panels: Panel[]): void {
  let used = 0
  for (const { title, gridPos } of panels) {
    used = (used % columns) + (gridPos?.w ?? 0)
    if (used > columns) throw new RangeError(`${row}: the panel "${title}" ends at column ${used} of ${columns}`)
  }
  if (used !== columns) throw new RangeError(`${row}: the last line is ${used} columns wide, not ${columns}`)
}

function source (): DatasourceVariableBuilder {
  return new DatasourceVariableBuilder('datasource').label('Data source')
    .type('prometheus')
    .current({ selected: true, text: 'Prometheus', value: 'prometheus' })
}

/** A variable of several values. `all` is the pattern of all of them, in place of a list that grows with them. */
function choice (name: string, label: string, query: string, all?: string): QueryVariableBuilder {
  const builder = new QueryVariableBuilder(name)
    .label(label)
    .datasource(datasource)
    .query({ query, refId: name })
    .definition(query)
    .multi(true)
    .includeAll(true)
    .current({ selected: true, text: ['All'], value: ['$__all'] })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
  return all === undefined ? builder : builder.allValue(all)
}

function runbookAddress (): QueryVariableBuilder {
  const query = 'label_values(service:runbook:info, url)'
  return new QueryVariableBuilder('runbook')
    .hide(VariableHide.HideVariable)
    .datasource(datasource)
    .query({ query, refId: 'runbook' })
    .definition(query)
    .refresh(VariableRefresh.OnDashboardLoad)
}

function alerts (): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name('Alerts')
    .datasource(datasource)
    .enable(true)
    .iconColor('red')
    .expr('ALERTS{alertstate="firing", alertname!="Watchdog", job=~"$job|"}')
    .titleFormat('{{alertname}}')
    .textFormat('{{instance}}')
    .tagKeys('severity')
}

// The value is the time of the start, so a restart is marked when it was, not when it was scraped; by its version a
// deploy is told from a crash.
function restarts (): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name('Restarts')
    .datasource(datasource)
    .enable(true)
    .iconColor('blue')
    .expr(
      `${series('process_start_time_seconds')} * 1000 * on (namespace, job, instance) group_left (version) ` +
        series('build_info')
    )
    .useValueForTime(true)
    .titleFormat('Start of {{version}}')
    .textFormat('{{instance}}')
}
