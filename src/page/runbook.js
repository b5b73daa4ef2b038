import { Marked } from 'marked'

/** Makes HTML of the runbook's Markdown. Each heading can be linked to by its text in lower case, as `#targetdown`. */
export function renderRunbook (markdown) {
  const marked = new Marked({
    renderer: {
      heading ({ tokens, text, depth }) {
        const id = text.toLowerCase().replace(/[^\p{L}\p{N}\s-]/gu, '').trim().replace(/\s+/g, '-')
        const label = this.parser.parseInline(tokens)
        return depth === 1 ? `<h1>${label}</h1>\n` : `<h${depth} id="${id}"><a href="#${id}">${label}</a></h${depth}>\n`
      }
    }
  })
  return marked.parse(markdown)
}
