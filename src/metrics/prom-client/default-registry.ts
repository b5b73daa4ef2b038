import type { FastifyInstance } from 'fastify'
import prom from 'prom-client'
import type { ServedRegistry } from './served-registry.js'

/** Names that the warning has room for. */
const most = 3
/** What prom-client measures by itself, which is served here under names of our own. */
const isDefault = (name: string) => /^(process|nodejs)_/.test(name)

/**
 * Warns, once the app is ready, of what is in prom-client's default registry, which fastify-metrics serves, and is not
 * served here. Of another copy of prom-client nothing is known.
 */
export function warnOfDefaultRegistry (app: FastifyInstance, register: ServedRegistry): void {
  app.addHook('onReady', async () => {
    const names = prom.register.getMetricsAsArray()
      .map(({ name }) => name)
      .filter(name => !isDefault(name) && !register.serves(name))
    if (names.length === 0) return
    const rest = names.length > most ? ` and ${names.length - most} more` : ''
    app.log.warn(
      { metrics: names },
      'The default registry of prom-client has metrics that are not served: ' +
      `${names.slice(0, most).join(', ')}${rest}. ` +
      'Make them with app.metrics.counter, gauge or histogram, or have each served as it is: ' +
      'app.metrics.client.register.registerMetric(metric)'
    )
  })
}
