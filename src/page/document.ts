import type { Bundle } from './bundle.js'
import type { Settings } from './settings.js'

/** What the page shows to those who run no scripts. */
export interface Content {
  title: string
  html: string
}

/** Writes a document of the page. It holds nothing of the service's state: the script reads that. */
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

/** Writes text so that it is text in HTML, and in an attribute between double quotes. */
export function escape (text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return text.replace(/[&<>"]/g, character => entities[character] as string)
}
