const width = 96
const height = 22

/** Shows numbers as a line without axes, for a glance: the table has what matters of them in figures. */
export function Sparkline ({ values }: { values: readonly number[] }) {
  const most = Math.max(...values, Number.MIN_VALUE)
  const step = width / 59
  const start = width - (values.length - 1) * step
  const points = values.map((value, index) => {
    const [x, y] = [start + index * step, height - 2 - value / most * (height - 4)]
    return `${x.toFixed(1)},${y.toFixed(1)}`
  })
  return (
    <svg class='sparkline' viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden='true'>
      {points.length > 1 && <polyline points={points.join(' ')} />}
    </svg>
  )
}
