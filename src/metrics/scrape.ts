import { clock } from './clock.js'
import type { Catalogue } from './catalogue.js'
import { createExposition, type Exposition } from './exposition.js'
import type { Family } from './family.js'
import { secondsGrid } from './grid.js'

/** Makes an exposition that measures itself: how long a rendering took and how large it was show in the next one. */
export function createScrape (catalogue: Catalogue, families: readonly Family[]): Exposition {
  const exposition = createExposition(catalogue, families)
  const series = catalogue.value('metrics.series').cell()
  const folded = catalogue.value('metrics.folded').cell()
  const duration = catalogue.histogram('metrics.scrape.duration', [], secondsGrid).cell()
  const bytes = catalogue.value('metrics.scrape.bytes').cell()
  catalogue.onRefresh(() => {
    series.set(catalogue.held)
    folded.set(catalogue.folded)
  })
  function render (rest?: string): Buffer {
    const began = clock()
    const text = exposition.render(rest)
    duration.record((clock() - began) / 1000)
    bytes.set(text.length)
    return text
  }

  return { ...exposition, render }
}
