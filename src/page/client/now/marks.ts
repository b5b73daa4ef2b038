import type uPlot from 'uplot'
import { shownHappenings } from './view.js'

const width = 1.5
/** Pixels: the height of an alert, which is a strip at the top, since it may last as long as the chart. */
const strip = 3

/** Draws events behind the lines of a chart: a band for as long as each lasted, and a flag where it began. */
export function drawMarks (chart: uPlot, colorOf: (name: string) => string): void {
  const { ctx, bbox: { left, top, width: across, height }, scales } = chart
  const ratio = devicePixelRatio
  ctx.save()
  ctx.beginPath()
  ctx.rect(left, top - 6 * ratio, across, height + 6 * ratio)
  ctx.clip()
  for (const { kind, from, until } of shownHappenings.value) {
    const begin = chart.valToPos(Math.max(from, scales['x']?.min ?? 0), 'x', true)
    const end = until === null ? left + across : chart.valToPos(until, 'x', true)
    ctx.fillStyle = colorOf(`--${kind}`)
    ctx.globalAlpha = kind === 'alert' ? 0.55 : 0.16
    ctx.fillRect(begin, top, end - begin, kind === 'alert' ? strip * ratio : height)
    if (from < (scales['x']?.min ?? 0)) continue
    ctx.globalAlpha = kind === 'alert' ? 0.55 : 0.9
    ctx.fillRect(begin - width * ratio / 2, top, width * ratio, height)
    ctx.globalAlpha = 1
    ctx.beginPath()
    ctx.arc(begin, top, 3 * ratio, 0, 2 * Math.PI)
    ctx.fill()
  }
  ctx.restore()
}
