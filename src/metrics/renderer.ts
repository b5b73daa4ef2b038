import type { Catalogue } from './catalogue.js'
import type { Wanted } from './exposition/negotiate.js'
import type { Family, Labels } from './family.js'
import { createScrape, type Scrape, type Scraped } from './scrape.js'

/** A thread that renders metrics. */
interface RemoteRenderer {
  /** Rejects while no thread runs. */
  scrape: (wanted: Wanted, client: string) => Promise<Pick<Scraped, 'headers'> & { readonly body: Uint8Array }>
}

/** Renders metrics as a scraper wants them. */
export type Renderer = (wanted: Wanted) => Promise<Scraped>

/**
 * Renders in the observer's thread, which costs this one nothing, or here while there is no observer.
 * @param readClient - reads what prom-client holds, in text 0.0.4
 */
export function createRenderer (
  catalogue: Catalogue,
  families: readonly Family[],
  labels: Labels,
  observer: RemoteRenderer | undefined,
  readClient: () => string | Promise<string>
): Renderer {
  let own: Scrape | undefined
  return async wanted => {
    const client = await readClient()
    const observed = await observer?.scrape(wanted, client).catch(() => undefined)
    if (observed === undefined) return (own ??= createScrape(catalogue, families, labels)).answer(wanted, client)
    own = undefined
    const { buffer, byteOffset, length } = observed.body
    return { headers: observed.headers, body: Buffer.from(buffer, byteOffset, length), release: () => {} }
  }
}
