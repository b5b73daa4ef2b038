export type Labels = Readonly<Record<string, string>>

export interface Sample {
  labels: Labels
  value: number
}

/** The samples of an exposition, by their names. */
export type Exposition = ReadonlyMap<string, readonly Sample[]>

const none: Labels = {}

/**
 * Creates a function that parses the text format of Prometheus or OpenMetrics. It keeps the labels that it has parsed
 * for the next text, in which most are the same. It skips lines that are no samples.
 */
export function createExpositionReader (): (text: string) => Exposition {
  let known = new Map<string, Labels>()

  return text => {
    const kept = new Map<string, Labels>()
    const exposition = new Map<string, Sample[]>()
    for (let at = 0, end = 0; at < text.length; at = end + 1) {
      end = text.indexOf('\n', at)
      if (end === -1) end = text.length
      if (text[at] === '#' || end === at) continue
      const line = text.slice(at, end)
      const [, name, , inside = '', number] = /^([a-zA-Z_:][\w:]*)(\{(.*)\})? (\S+)/.exec(line) ?? []
      if (name === undefined || number === undefined) continue
      const labels = inside === '' ? none : known.get(inside) ?? kept.get(inside) ?? readLabels(inside)
      if (inside !== '') kept.set(inside, labels)
      const samples = exposition.get(name)
      const sample = { labels, value: readNumber(number) }
      if (samples === undefined) exposition.set(name, [sample])
      else samples.push(sample)
    }
    known = kept
    return exposition
  }
}

function readLabels (inside: string): Labels {
  const labels: Record<string, string> = {}
  for (const [, name = '', value = ''] of inside.matchAll(/([a-zA-Z_]\w*)="((?:[^\\"]|\\.)*)"/g)) {
    labels[name] = value.replace(/\\(.)/g, (_, character: string) => character === 'n' ? '\n' : character)
  }
  return labels
}

function readNumber (text: string): number {
  if (text === '+Inf') return Infinity
  return text === '-Inf' ? -Infinity : Number(text)
}
