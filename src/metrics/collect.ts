import { setTimeout as sleep } from 'node:timers/promises'
import type { Catalogue } from './catalogue.js'
import type { ValueCell } from './cell.js'
import type { Guard } from './guard.js'
import type { ServedRegistry } from './served-registry.js'

/** Milliseconds that the `collect` functions of metrics are given. */
const patience = 1000

/**
 * The text of a registry's metrics. One whose `collect` function throws, or does not end in time, is left out and
 * counted, so that all others are served.
 */
export async function collect (register: ServedRegistry, failed: ValueCell): Promise<string> {
  const names = register.getMetricsAsArray().map(({ name }) => name)
  const stopped = new AbortController()
  const late = sleep(patience, undefined, { signal: stopped.signal }).then(() => { throw new Error('Not in time') })
  late.catch(() => {})
  const texts = await Promise.allSettled(names.map(async name => await Promise.race([register.textOf(name), late])))
  stopped.abort()
  failed.add(texts.filter(({ status }) => status === 'rejected').length)
  return texts.map(text => text.status === 'fulfilled' ? `${text.value}\n` : '').join('')
}

/**
 * Makes a function that reads what an app's prom-client holds, before each scrape: at once where that is nothing. It
 * first has the catalogue refresh what is not recorded as it happens.
 */
export function createClientReader (
  catalogue: Catalogue,
  register: ServedRegistry,
  guard: Guard
): () => string | Promise<string> {
  const failed = guard.failures('collect')
  register.onMetric = () => { catalogue.mainNeeded.note() }
  if (!register.isEmpty) register.onMetric()
  // All that a scrape costs the thread that serves requests, where a service has no metrics of its own there.
  return () => {
    catalogue.refresh()
    return register.isEmpty ? '' : collect(register, failed)
  }
}
