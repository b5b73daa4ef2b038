/**
 * Puts text between the two comments `<!-- name -->` and `<!-- /name -->` of a Markdown document, in place of what is
 * there. Throws an Error when the document does not have both, in this order.
 */
export function replaceSection (document: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const from = document.indexOf(begin) + begin.length
  const to = document.indexOf(end, from)
  if (from < begin.length || to < 0) throw new Error(`The document has no section between ${begin} and ${end}`)
  return `${document.slice(0, from)}\n${text}\n${document.slice(to)}`
}
