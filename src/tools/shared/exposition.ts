export interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

export interface Exposition {
  /** Types by the names of families. */
  types: Map<string, string>
  samples: Sample[]
}

/** Reads Prometheus' text format 0.0.4. Throws an Error that shows the first line that is not well formed. */
export function readExposition (text: string): Exposition {
  const exposition: Exposition = { types: new Map(), samples: [] }
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    if (line.startsWith('#')) {
      const [, name, type] = /^#\s+TYPE\s+(\S+)\s+(\S+)\s*$/.exec(line) ?? []
      if (name !== undefined && type !== undefined) exposition.types.set(name, type)
    } else {
      const sample = readSample(line)
      if (sample === undefined) {
        throw new Error(`Line ${index + 1} is not a sample: ${line.length > 80 ? `${line.slice(0, 80)}…` : line}`)
      }
      exposition.samples.push(sample)
    }
  }
  return exposition
}

function readSample (line: string): Sample | undefined {
  const [, name, , inside = '', number = ''] = /^([a-zA-Z_:][\w:]*)\s*(\{(.*)\})?\s+(\S+)(\s+-?\d+)?\s*$/.exec(line) ??
    []
  const value = { '+Inf': Infinity, '-Inf': -Infinity, NaN }[number] ?? Number(number)
  if (name === undefined || (Number.isNaN(value) && number !== 'NaN')) return undefined
  const labels: Record<string, string> = {}
  const pair = /\s*([a-zA-Z_]\w*)\s*=\s*"((?:[^\\"]|\\.)*)"\s*(,|$)/gy
  while (pair.lastIndex < inside.length) {
    const [, label, escaped] = pair.exec(inside) ?? []
    if (label === undefined || escaped === undefined) return undefined
    labels[label] = escaped.replace(/\\(.)/g, (_, character) => character === 'n' ? '\n' : character)
  }
  return { name, labels, value }
}

/** The values of the series with this name whose labels are these, or more. */
export function valuesOf ({ samples }: Exposition, name: string, labels: Record<string, string> = {}): number[] {
  return samples
    .filter(sample => sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
    .map(({ value }) => value)
}
