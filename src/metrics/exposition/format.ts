import { canonicalNumber } from '../canonical-number.js'
import type { Family } from '../family.js'

/** A text format that metrics are served in: what it has of its own. */
export interface Format {
  readonly contentType: string
  /** The lines before a family's samples. */
  header: (family: Pick<Family, 'name' | 'type' | 'help'>) => string
  /** The label `le` of a bucket whose bound a naming writes so. */
  bound: (text: string) => string
  /** What comes after all families. */
  readonly end: string
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
export const text004: Format = {
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  header: ({ name, type, help }) => `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`,
  bound: text => text,
  end: ''
}

/**
 * https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
 *
 * A counter's samples end in `_total` and its family does not; one that has no such name is of type `unknown` here, so
 * that its series is the same in each format. Nothing is told of when series were created: that is not known of all.
 */
export const openMetrics: Format = {
  contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  header: ({ name, type, help }) => {
    const isCounter = type === 'counter' && name.endsWith('_total')
    const family = isCounter ? name.slice(0, -'_total'.length) : name
    const unit = /_(seconds|bytes)$/.exec(family)?.[1]
    return [
      `# HELP ${family} ${escapeHelp(help).replaceAll('"', '\\"')}\n`,
      `# TYPE ${family} ${type === 'counter' && !isCounter ? 'unknown' : type}\n`,
      unit === undefined ? '' : `# UNIT ${family} ${unit}\n`
    ].join('')
  },
  bound: canonicalNumber,
  end: '# EOF\n'
}

function escapeHelp (value: string): string {
  return value.replace(/[\\\n]/g, found => found === '\n' ? '\\n' : '\\\\')
}
