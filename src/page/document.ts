import type { Bundle } from './bundle.js'
import type { Settings } from './settings.js'

/** The text for browsers that run no scripts. */
export interface Content {
  title: string
  html: string
}

/** Returns a document of the page. It has nothing of the service's state, which the script reads. */
export function renderDocument (bundle: Bundle, settings: Settings, { title, html }: Content): string {
  const asset = (name: string) => escape(`${settings.base}/assets/${name}`)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="settings" content="${escape(JSON.stringify(settings))}">
<title>${escape(`${title} · ${settings.title}`)}</title>
<link rel="icon" href="${asset(bundle.icon)}">
<link rel="license" href="${asset(bundle.notices)}">
<link rel="stylesheet" href="${asset(bundle.style)}">
<script type="module" src="${asset(bundle.script)}"></script>
</head>
<body>
<div id="page">${html}</div>
</body>
</html>
`
}

/** Escapes text for HTML, also within an attribute in double quotes. */
export function escape (text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return text.replace(/[&<>"]/g, character => entities[character] as string)
}
