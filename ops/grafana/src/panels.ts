import * as common from '@grafana/grafana-foundation-sdk/common'
import {
  MappingType,
  type DataTransformerConfig,
  type Panel,
  type ValueMapping
} from '@grafana/grafana-foundation-sdk/dashboard'
import * as heatmaps from '@grafana/grafana-foundation-sdk/heatmap'
import * as stats from '@grafana/grafana-foundation-sdk/stat'
import * as timelines from '@grafana/grafana-foundation-sdk/statetimeline'
import * as tables from '@grafana/grafana-foundation-sdk/table'
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries'
import { built, describe, type PanelOptions } from './panel.js'

const legend = {
  displayMode: common.LegendDisplayMode.List,
  placement: common.LegendPlacement.Bottom,
  showLegend: true,
  calcs: []
}
const tooltip = { mode: common.TooltipDisplayMode.Multi, sort: common.SortOrder.Descending }
const stacked = { mode: common.StackingMode.Normal, group: 'A' }

export interface GraphOptions extends PanelOptions {
  /** Whether series are parts of a whole, and drawn upon each other. */
  stack?: boolean
  /** Up to where the axis reaches at least. */
  max?: number
}

/** Values over time, as lines; limits are dashed lines. */
export function graph ({ stack = false, max, ...options }: GraphOptions): Panel {
  const builder = describe(new timeseries.PanelBuilder(), options)
    .axisSoftMin(0).lineWidth(1).fillOpacity(stack ? 30 : 10).showPoints(common.VisibilityMode.Never)
    .legend(built(legend)).tooltip(built(tooltip))
  if (max !== undefined) builder.axisSoftMax(max)
  if (stack) builder.stacking(built(stacked))
  if (options.limits !== undefined) builder.thresholdsStyle(built({ mode: common.GraphThresholdsStyleMode.Dashed }))
  return builder.build()
}

/** How many values fell into each bucket of a histogram over time, the more the brighter. */
export function heatmap (options: PanelOptions): Panel {
  return describe(new heatmaps.PanelBuilder(), options, 'heatmap')
    .calculate(false)
    .yAxis(built({ unit: options.unit, axisPlacement: common.AxisPlacement.Left }))
    .color(built({
      ...heatmaps.defaultHeatmapColorOptions(),
      mode: heatmaps.HeatmapColorMode.Scheme,
      scheme: 'Oranges',
      steps: 64
    }))
    .cellGap(1)
    .tooltip(built({ mode: common.TooltipDisplayMode.Single, yHistogram: true }))
    .build()
}

/** The value now, large, coloured by its limits. */
export function stat ({ texts = {}, ...options }: PanelOptions & { texts?: Texts }): Panel {
  return describe(new stats.PanelBuilder(), options, 'instant')
    .reduceOptions(built({ values: false, calcs: ['lastNotNull'], fields: '' }))
    .graphMode(common.BigValueGraphMode.None)
    .colorMode(
      options.limits === undefined && Object.keys(texts).length === 0
        ? common.BigValueColorMode.None
        : common.BigValueColorMode.Value
    )
    .mappings(mappings(texts))
    .build()
}

/** What a value means, by the value. */
export type Texts = Record<string, { text: string, color: string }>

/** States over time, one bar for each series. */
export function timeline ({ texts, ...options }: PanelOptions & { texts: Texts }): Panel {
  return describe(new timelines.PanelBuilder(), options)
    .mappings(mappings(texts)).fillOpacity(80).mergeValues(true).showValue(common.VisibilityMode.Never).rowHeight(0.8)
    .legend(built(legend)).tooltip(built(tooltip))
    .build()
}

export interface Column {
  title: string
  unit?: string
}

/** Values now, one row for each set of labels; `values` are the columns of the queries, `labels` those of labels. */
export function table ({
  labels,
  values,
  sortBy,
  ...options
}: PanelOptions & { labels: Record<string, string>, values: Column[], sortBy: string }): Panel {
  const titles = Object.fromEntries(values.map(({ title }, index) => [
    values.length === 1 ? 'Value' : `Value #${String.fromCharCode(65 + index)}`,
    title
  ]))
  const columns = { ...labels, ...titles }
  const transformations: DataTransformerConfig[] = [
    { id: 'merge', options: {} },
    { id: 'filterFieldsByName', options: { include: { names: Object.keys(columns) } } },
    {
      id: 'organize',
      options: {
        excludeByName: {},
        indexByName: Object.fromEntries(Object.keys(columns).map((name, index) => [name, index])),
        renameByName: columns
      }
    }
  ]
  const builder = describe(new tables.PanelBuilder(), options, 'table')
    .transformations(transformations)
    .sortBy([built({ displayName: sortBy, desc: true })])
  for (const { title, unit } of values) {
    if (unit !== undefined) {
      builder.overrideByName(
        title,
        [{ id: 'unit', value: unit }]
      )
    }
  }
  return builder.build()
}

function mappings (texts: Texts): ValueMapping[] {
  const options = Object.fromEntries(Object.entries(texts).map(([value, { text, color }], index) => [
    value,
    { text, color, index }
  ]))
  return Object.keys(options).length === 0 ? [] : [{ type: MappingType.ValueToText, options }]
}
