import { effect } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import Plot from 'uplot'
import type { Column } from '../data/point.js'
import { local } from '../ui/time.js'
import { shown } from '../ui/theme.js'
import { language, words, type Words } from '../ui/words.js'
import { drawMarks } from './marks.js'
import { pointed, shownHappenings, valueOf, view } from './view.js'

export interface Series {
  column: Column
  label: keyof Words
  /** The name of a custom property of the style sheet. */
  color: string
  /** Whether the area below the line is filled. */
  filled?: boolean
  dashed?: boolean
}

export interface ChartOptions {
  title: keyof Words
  /** The column whose newest value is written large. */
  headline: Column
  series: Series[]
  format: (value: number) => string
  /** The least value that the top of the axis has. */
  atLeast: number
  /** The steps that the axis may be divided by, where they are not 1, 2 or 5 times a power of ten. */
  steps?: number[]
  /** For series that are empty while nothing happens: a column that is not, and what to say in their place. */
  idle?: { while: Column, text: keyof Words }
}

const height = 148
const fewSeconds = 240
const charts = new Set<Plot>()

function colorOf (name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name)
}

/** Shows a chart of the history. A moment that is pointed at on one chart is shown on all; the arrow keys move it. */
export function Chart (options: ChartOptions) {
  const { title, headline, series, format, idle } = options
  const frame = useRef<HTMLDivElement>(null)
  const text = words.value

  useEffect(() => {
    const { current } = frame
    if (current === null) return
    const chart = new Plot(optionsOf(options, current.clientWidth), [[], ...series.map(() => [])], current)
    charts.add(chart)
    const resized = new ResizeObserver(() => { chart.setSize({ width: current.clientWidth, height }) })
    resized.observe(current)
    const stopDrawing = effect(() => {
      const { times, values } = view.value
      shownHappenings.value // eslint-disable-line @typescript-eslint/no-unused-expressions
      shown.value // eslint-disable-line @typescript-eslint/no-unused-expressions
      language.value // eslint-disable-line @typescript-eslint/no-unused-expressions
      chart.setData([times, ...series.map(({ column }) => values[column])])
    })
    return () => {
      stopDrawing()
      resized.disconnect()
      charts.delete(chart)
      chart.destroy()
    }
  }, [])

  const { values } = view.value
  const has = (column: Column) => values[column].some(value => value !== null)
  const nothing = idle !== undefined && has(idle.while) && !series.some(({ column }) => has(column))
  const value = valueOf(headline)
  const name = text[title] as string
  const { label = title } = series.find(({ column }) => column === headline) ?? {}
  return (
    <figure
      class='chart'
      data-chart={headline}
      tabIndex={0}
      aria-label={name}
      onKeyDown={move}
      onBlur={() => { point(null) }}
    >
      <figcaption>
        <h3>{name}</h3>
        <span class='headline'>
          <small>{text[label] as string}</small>{' '}
          <strong data-value={value ?? ''}>{value === null ? '–' : format(value)}</strong>
        </span>
      </figcaption>
      <div class='plot'>
        <div ref={frame} aria-hidden='true' />
        {nothing && <p class='empty'><span>{text[idle.text] as string}</span></p>}
      </div>
      <ul class='legend'>
        {series.map(({ column, label, color, dashed = false }) => {
          const at = valueOf(column)
          return (
            <li key={column}>
              <i class={dashed ? 'swatch dashed' : 'swatch'} style={{ color: `var(${color})` }} />
              <span>{text[label] as string}</span> <b data-column={column}>{at === null ? '–' : format(at)}</b>
            </li>
          )
        })}
      </ul>
    </figure>
  )
}

function optionsOf ({ series, format, atLeast, steps }: ChartOptions, width: number): Plot.Options {
  const axis: Plot.Axis = {
    stroke: () => colorOf('--muted'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: () => colorOf('--grid'), width: 1 },
    ticks: { show: false }
  }
  return {
    width,
    height,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: 'now' },
      drag: { x: false, y: false },
      y: false,
      points: { size: 7, width: 0, fill: (_, index) => colorOf(series[index - 1]?.color ?? '--muted') }
    },
    scales: {
      x: { time: true, range: () => [view.value.from, view.value.to] },
      y: { range: (_, _min, max) => [0, Math.max(max ?? 0, atLeast) * 1.12] }
    },
    axes: [
      { ...axis, size: 26, gap: 4, space: 70, values: (_, times) => times.map(timeText) },
      {
        ...axis,
        size: 62,
        gap: 6,
        space: 34,
        ...steps !== undefined && { incrs: steps },
        values: (_, values) => values.map(value => value === 0 ? '0' : format(value))
      }
    ],
    series: [{}, ...series.map(({ color, filled = false, dashed = false }): Plot.Series => ({
      stroke: () => colorOf(color),
      width: 1.6,
      points: { show: false },
      ...filled && { fill: () => `color-mix(in srgb, ${colorOf(color)} 14%, transparent)` },
      ...dashed && { dash: [4, 4] }
    }))],
    hooks: {
      drawAxes: [chart => { drawMarks(chart, colorOf) }],
      setCursor: [chart => { pointed.value = chart.cursor.idx ?? null }]
    }
  }
}

/** Formats a time on the axis, with seconds where two labels would be in the same minute. */
function timeText (seconds: number): string {
  const text = local(seconds, 'clock', language.value)
  return view.value.to - view.value.from < fewSeconds ? text : text.slice(0, -3)
}

function move (event: KeyboardEvent): void {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
  const last = view.value.times.length - 1
  if (event.key === 'Escape') point(null)
  if (step === undefined || last < 0) return
  event.preventDefault()
  point(Math.min(last, Math.max(0, (pointed.value ?? last) + step * (event.shiftKey ? 10 : 1))))
}

function point (index: number | null): void {
  for (const chart of charts) {
    const left = index === null ? -10 : chart.valToPos(view.value.times[index] ?? 0, 'x')
    chart.setCursor({ left, top: index === null ? -10 : 20 }, true)
  }
  pointed.value = index
}
