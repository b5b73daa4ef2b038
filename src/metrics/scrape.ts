import type { Catalogue } from './catalogue.js'
import type { HistogramCell, ValueCell } from './cell.js'
import { clock } from '../clock.js'
import { clientTextIn } from './exposition/client-text.js'
import { createExpositionOf } from './exposition/exposition.js'
import type { Format } from './exposition/format.js'
import { createGzip } from './exposition/gzip.js'
import { chooseFormat, choosesGzip, type Wanted } from './exposition/negotiate.js'
import { rowsOf, type Rows } from './exposition/rows.js'
import type { Family, Labels } from './family.js'
import { secondsGrid } from './grid.js'
import { withLabels } from './naming/served.js'
import { readProcess } from './runtime/process.js'
import { heldBy, onlyCell, type CatalogueView } from './catalogue-view.js'

/** The answer to a scrape. */
export interface Scraped {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** To be called when the body has been sent, so that a later one can use its memory. */
  readonly release: () => void
}

/** Renders a catalogue as a scraper asks for it, and measures that in the catalogue. */
export interface Scrape {
  /** @param client - what prom-client holds, in text 0.0.4 */
  answer: (wanted: Wanted, client: string) => Scraped
}

/** Declares what a scrape measures of itself. */
export function declareScrape (catalogue: Catalogue): void {
  for (const name of ['metrics.series', 'metrics.scrape.bytes', 'metrics.main.age']) catalogue.value(name).cell()
  catalogue.histogram('metrics.scrape.duration', [], secondsGrid).cell()
  const folded = catalogue.value('metrics.folded').cell()
  catalogue.onRefresh(() => { folded.set(catalogue.folded) })
}

/**
 * Prepares a catalogue's families for being served, and a service's own with labels that all have. How long it took and
 * how large it was shows in the next answer.
 */
export function createScrape (view: CatalogueView, families: readonly Family[], labels: Labels = {}): Scrape {
  const all: Family[] = []
  const rows: Rows[] = []
  const writers = new Map<Format, ReturnType<typeof createWriter>>()

  function createWriter (format: Format) {
    return { ...createExpositionOf(rows, format), gzip: createGzip() }
  }

  /** Takes the families that exist by now; a service may have made own metrics since. */
  function take () {
    if (all.length === families.length + view.own.length) return
    all.splice(0, Infinity, ...families, ...view.own.map(family => withLabels(family, labels)))
    rows.splice(0, Infinity, ...all.map(family => rowsOf(view, family)))
    writers.clear()
  }

  function writerOf (format: Format) {
    let writer = writers.get(format)
    if (writer === undefined) writers.set(format, writer = createWriter(format))
    return writer
  }

  function answer (wanted: Wanted, client: string): Scraped {
    const began = clock()
    const format = chooseFormat(wanted)
    take()
    const { render, recycle, gzip } = writerOf(format)
    readProcess(view)
    onlyCell<ValueCell>(view, 'metrics.series')?.set(heldBy(view))
    const rendering = render(clientTextIn(format, client, all.map(({ name }) => name)))
    const { text } = rendering
    const headers = { 'content-type': format.contentType, 'cache-control': 'no-store', vary: 'accept, accept-encoding' }
    const compressed = choosesGzip(wanted) ? gzip(rendering) : undefined
    onlyCell<HistogramCell>(view, 'metrics.scrape.duration')?.record((clock() - began) / 1000)
    onlyCell<ValueCell>(view, 'metrics.scrape.bytes')?.set(text.length)
    if (compressed === undefined) return { headers, body: text, release: () => { recycle(text) } }
    recycle(text)
    return { headers: { ...headers, 'content-encoding': 'gzip' }, body: compressed, release: () => {} }
  }

  return { answer }
}
