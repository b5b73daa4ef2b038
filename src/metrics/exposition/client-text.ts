import { canonicalNumber } from '../canonical-number.js'
import { openMetrics, text004, type Format } from './format.js'

const label = /([a-zA-Z_]\w*)="((?:[^\\"]|\\.)*)"(,|(?=\}))/gsy

/**
 * Converts what prom-client writes, text 0.0.4, to another format.
 * @param taken - names of the families that are written beside it
 */
export function clientTextIn (format: Format, text: string, taken: Iterable<string> = []): string {
  return format === text004 ? text : inOpenMetrics(text, new Set([...taken, ...familiesIn(text)]))
}

function familiesIn (text: string): string[] {
  return [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name)
}

function inOpenMetrics (text: string, families: Set<string>): string {
  const lines: string[] = []
  let help = ''
  let type = ''
  for (const line of text.split('\n')) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) ?(.*)/s.exec(line) ?? []
    if (keyword === 'HELP') {
      help = rest
    } else if (keyword === 'TYPE') {
      type = rest
      // A counter `x_total` beside a gauge `x` would be a second family of its name.
      const clashes = type === 'counter' && families.has(name.replace(/_total$/, ''))
      lines.push(openMetrics.header({ name, type: (clashes ? 'unknown' : type) as 'gauge', help: unescapeHelp(help) }))
    } else if (line !== '') {
      lines.push(`${type === 'histogram' || type === 'summary' ? withCanonicalBound(line) : line}\n`)
    }
  }
  return lines.join('')
}

function withCanonicalBound (line: string): string {
  let from = label.lastIndex = line.indexOf('{') + 1
  for (let found = label.exec(line); found !== null; found = label.exec(line)) {
    const [pair, name, value = '', end] = found
    if (name === 'le' || name === 'quantile') {
      return `${line.slice(0, from)}${name}="${canonicalNumber(value)}"${end}${line.slice(from + pair.length)}`
    }
    from = label.lastIndex
  }
  return line
}

function unescapeHelp (help: string): string {
  return help.replace(/\\(.)/g, (_, character) => character === 'n' ? '\n' : character)
}
