import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import * as common from '@grafana/grafana-foundation-sdk/common'
import {
  ThresholdsMode,
  type DashboardLink,
  type Panel,
  type Threshold
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import { estimate } from './estimate.js'
import { link } from './link.js'
import { runbook } from './runbook.js'

export interface Query {
  expr: string
  /** How its series are called; `{{label}}` stands for the label's value. */
  legend?: string
}

export interface PanelOptions {
  title: string
  /**
   * What it shows and how to read it, for who sees it for the first time; where it shows quantiles, the width of
   * buckets is added.
   */
  description: string
  unit: string
  queries: Query[]
  /** Columns of the 24 that a dashboard has. */
  width: number
  /** Rows of 30 pixels; 8 when not given. */
  height?: number
  /** Values from which on it is a warning, and from which on it is critical. */
  limits?: { warning?: number, critical?: number }
  /** Alerts on what it shows, whose runbook it links to. */
  alerts?: string[]
  links?: DashboardLink[]
}

/** What every type of panel has in its builder. */
interface AnyBuilder extends Builder<Panel> {
  title: (title: string) => this
  description: (description: string) => this
  unit: (unit: string) => this
  datasource: (datasource: common.DataSourceRef) => this
  span: (width: number) => this
  height: (height: number) => this
  links: (links: Array<Builder<DashboardLink>>) => this
  thresholds: (thresholds: Builder<{ mode: ThresholdsMode, steps: Threshold[] }>) => this
  withTarget: (target: DataqueryBuilder) => this
}

export type QueryKind = 'range' | 'instant' | 'heatmap' | 'table'

/** The data source that the variable at the top of a dashboard chooses. */
export const datasource = { type: 'prometheus', uid: '$datasource' }

/** What is built already, as builders want it. */
export const built = <T>(value: T): Builder<T> => ({ build: () => value })

/** Sets all that panels have in common. */
export function describe<B extends AnyBuilder> (
  builder: B,
  { title, description, unit, width, height = 8, limits, alerts = [], links = [], queries }: PanelOptions,
  kind: QueryKind = 'range'
): B {
  builder
    .title(title)
    .description(description + estimate(queries.map(({ expr }) => expr)))
    .unit(unit)
    .datasource(datasource)
    .span(width)
    .height(height)
    .thresholds(built({ mode: ThresholdsMode.Absolute, steps: steps(limits) }))
    .links([...alerts.map(alert => link(`Runbook: ${alert}`, runbook(alert))), ...links].map(built))
  for (const [index, query] of queries.entries()) builder.withTarget(target(query, index, kind))
  return builder
}

function target ({ expr, legend = '__auto' }: Query, index: number, kind: QueryKind): DataqueryBuilder {
  const query = new DataqueryBuilder().refId(String.fromCharCode(65 + index)).expr(expr).legendFormat(legend)
  if (kind === 'instant' || kind === 'table') query.instant()
  else query.range()
  if (kind === 'heatmap') query.format(PromQueryFormat.Heatmap)
  if (kind === 'table') query.format(PromQueryFormat.Table)
  return query
}

/**
 * Green, from `warning` on orange, from `critical` on red. Where the critical value is the lower one, low values are
 * bad.
 */
function steps ({ warning, critical }: { warning?: number, critical?: number } = {}): Threshold[] {
  if (warning !== undefined && critical !== undefined && critical < warning) {
    return [{ value: null, color: 'red' }, { value: critical, color: 'orange' }, { value: warning, color: 'green' }]
  }
  return [
    { value: null, color: 'green' },
    ...(warning === undefined ? [] : [{ value: warning, color: 'orange' }]),
    ...(critical === undefined ? [] : [{ value: critical, color: 'red' }])
  ]
}
