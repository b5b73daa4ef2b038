import { Marked } from 'marked'

/**
 * Makes HTML of the runbook's Markdown. Each heading can be linked to by its text in lower case, as `#targetdown`, and
 * a text that names an alert leads there.
 */
export function renderRunbook (markdown) {
  const alerts = [...markdown.matchAll(/^### (\w+)$/gm)].map(([, name]) => name)
  const alert = new RegExp(`\\b(?:${alerts.join('|')})\\b`)
  const marked = new Marked({
    renderer: {
      heading ({ tokens, text, depth }) {
        const id = text.toLowerCase().replace(/[^\p{L}\p{N}\s-]/gu, '').trim().replace(/\s+/g, '-')
        const label = alerts.includes(text) ? text : this.parser.parseInline(tokens)
        return depth === 1 ? `<h1>${label}</h1>\n` : `<h${depth} id="${id}"><a href="#${id}">${label}</a></h${depth}>\n`
      }
    },
    extensions: [{
      name: 'alert',
      level: 'inline',
      start: text => alert.exec(text)?.index,
      tokenizer (text) {
        const found = alert.exec(text)
        return found?.index === 0 && !this.lexer.state.inLink ? { type: 'alert', raw: found[0] } : undefined
      },
      renderer: ({ raw }) => `<a href="#${raw.toLowerCase()}">${raw}</a>`
    }]
  })
  return marked.parse(markdown)
}
