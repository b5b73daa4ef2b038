import { openMetrics, text004, type Format } from './format.js'

/** What a scraper asks for, as HTTP has it. */
export interface Wanted {
  readonly accept?: string | undefined
  readonly acceptEncoding?: string | undefined
}

interface Range {
  readonly value: string
  readonly parameters: Readonly<Record<string, string>>
  readonly q: number
}

// Ways of escaping names that change none of ours, which are letters, digits and underscores. The way "dots" doubles
// underscores.
const escapings = new Set(['allow-utf-8', 'underscores', 'values'])

/**
 * Returns the format that a scraper is served: the one with the highest `q` in its `Accept`, and the first of those
 * that have the same. When it accepts none it is text 0.0.4, since a scraper without metrics is worse off.
 */
export function chooseFormat ({ accept = '' }: Wanted): Format {
  const ranges = parse(accept).filter(({ q }) => q > 0).sort((one, other) => other.q - one.q)
  for (const range of ranges) {
    const format = formatOf(range)
    if (format !== undefined) return format
  }
  return text004
}

/** Whether the answer is to be compressed. */
export function choosesGzip ({ acceptEncoding = '' }: Wanted): boolean {
  const codings = parse(acceptEncoding)
  return ((codings.find(({ value }) => value === 'gzip') ?? codings.find(({ value }) => value === '*'))?.q ?? 0) > 0
}

function formatOf ({ value, parameters: { version, escaping } }: Range): Format | undefined {
  if (escaping !== undefined && !escapings.has(escaping)) return undefined
  switch (value) {
    case 'application/openmetrics-text': return version === undefined || version === '1.0.0' ? openMetrics : undefined
    case 'text/plain': return version === undefined || version === '0.0.4' ? text004 : undefined
    case 'text/*':
    case '*/*': return text004
    default: return undefined
  }
}

// https://www.rfc-editor.org/rfc/rfc9110#section-12.4; what is not well-formed counts as not accepted.
function parse (header: string): Range[] {
  return header.split(',').map(text => {
    const [value = '', ...rest] = text.split(';').map(part => part.trim().toLowerCase())
    const parameters = Object.fromEntries(rest.map(part => {
      const [name = '', parameter = ''] = part.split('=').map(side => side.trim())
      return [name, parameter.replace(/^"(.*)"$/, '$1')]
    }))
    const { q = '1' } = parameters
    return { value, parameters, q: /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(q) ? Number(q) : 0 }
  })
}
