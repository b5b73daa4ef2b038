import { parser } from '@prometheus-io/lezer-promql'

/**
 * A query that reads series of one job only; a selector that names a job is left as it is. Throws an Error when it is
 * not PromQL.
 */
export function ofJob (query: string, job: string): string {
  const matcher = `job="${job}"`
  const added: Array<{ at: number, text: string }> = []
  parser.parse(query).iterate({
    enter: ({ type, from, to, node }) => {
      if (type.isError) throw new Error(`Not PromQL at ${from}: ${query}`)
      if (type.name !== 'VectorSelector') return
      const matchers = node.getChild('LabelMatchers')
      const labels = (matchers?.getChildren('UnquotedLabelMatcher') ?? [])
        .map(({ firstChild: label }) => query.slice(label?.from, label?.to))
      if (labels.includes('job')) return
      if (matchers === null) added.push({ at: to, text: `{${matcher}}` })
      else added.push({ at: matchers.from + 1, text: labels.length === 0 ? matcher : `${matcher}, ` })
    }
  })
  return added.reduceRight((query, { at, text }) => query.slice(0, at) + text + query.slice(at), query)
}
