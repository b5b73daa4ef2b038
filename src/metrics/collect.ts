import type { Registry, RegistryContentType } from 'prom-client'
import type { ValueCell } from './cell.js'

/** The text of a registry's metrics. One whose `collect` function throws is left out and counted, so that all others are served. */
export async function collect (register: Registry<RegistryContentType>, failed: ValueCell): Promise<string> {
  const names = register.getMetricsAsArray().map(({ name }) => name)
  const texts = await Promise.allSettled(names.map(async name => await register.getSingleMetricAsString(name)))
  failed.add(texts.filter(({ status }) => status === 'rejected').length)
  return texts.map(text => text.status === 'fulfilled' ? `${text.value}\n` : '').join('')
}
