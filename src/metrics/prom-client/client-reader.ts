import { clock } from '../../clock.js'
import { heartbeat } from '../../loop/heartbeat.js'
import type { Catalogue } from '../catalogue.js'
import type { WarningLog } from '../failure-warning.js'
import { warnOfCollect } from './collect-warning.js'
import { patienceMs } from './collect-hook.js'
import type { Guard } from '../guard.js'
import type { ServedRegistry } from './served-registry.js'

/** Milliseconds for which what was refreshed is told again. */
const keptMs = 1000

/** A metric of prom-client. */
interface Metric {
  readonly name: string
}

interface LeftOut {
  /** Called with how many metrics a scrape is served without. */
  readonly count: (metrics: number) => void
  /** Told of a metric that is left out and why, once until it is read again. */
  readonly tell: (metric: string, error: unknown) => void
}

/**
 * Makes a function that returns the text of a registry's metrics. One whose `collect` function throws, or does not end
 * in time, is left out, so that all others are served; one that is late is not asked again before it has ended.
 */
export function createCollect (register: ServedRegistry, { count, tell }: LeftOut): () => Promise<string> {
  const unwell = new WeakSet<Metric>()
  const late = new WeakSet<Metric>()
  let underWay: Promise<string> | undefined

  function fail (metric: Metric, error: unknown): void {
    if (!unwell.has(metric)) tell(metric.name, error)
    unwell.add(metric)
  }

  function read (): Promise<string> {
    const metrics = register.getMetricsAsArray() as unknown as readonly Metric[]
    const texts = new Map(metrics.map(metric => [metric, '']))
    const waiting = new Set(metrics.filter(metric => !late.has(metric)))
    return new Promise(resolve => {
      let timer: NodeJS.Timeout | undefined
      const finish = () => {
        clearImmediate(soon)
        clearTimeout(timer)
        const all = [...texts.values()]
        count(all.filter(text => text === '').length)
        resolve(all.join(''))
      }
      const expire = () => {
        for (const metric of waiting) {
          late.add(metric)
          fail(metric, new Error(`it has not ended within ${patienceMs} ms`))
        }
        finish()
      }
      const settle = (metric: Metric) => { if (waiting.delete(metric) && waiting.size === 0) finish() }
      // Mostly all is read by then, and no timer has to be made.
      const soon = register.mayTakeTime ? setImmediate(() => { timer = setTimeout(expire, patienceMs) }) : undefined
      if (waiting.size === 0) finish()
      for (const metric of waiting) {
        register.textOf(metric.name).then(text => {
          if (late.delete(metric)) return
          texts.set(metric, `${text}\n`)
          unwell.delete(metric)
          settle(metric)
        }, error => {
          if (late.delete(metric)) return
          fail(metric, error)
          settle(metric)
        })
      }
    })
  }

  return () => (underWay ??= read().finally(() => { underWay = undefined }))
}

/**
 * Makes a function that reads what an app's prom-client holds, before each scrape: at once where that is nothing. It
 * also has the catalogue set what is not recorded as it happens.
 */
export function createClientReader (
  catalogue: Catalogue,
  register: ServedRegistry,
  guard: Guard,
  log: WarningLog
): () => string | Promise<string> {
  const failed = guard.failures('collect')
  const collect = createCollect(register, {
    count: metrics => { failed.add(metrics) },
    tell: (metric, error) => { warnOfCollect(log, metric, 'it is left out', error) }
  })
  register.onMetric = () => { catalogue.mainNeeded.note() }
  if (!register.isEmpty) register.onMetric()
  let refreshedAt = -Infinity
  return () => {
    const collected = catalogue.collect()
    if (clock() - refreshedAt >= keptMs) {
      refreshedAt = clock()
      catalogue.refresh()
    }
    const text = register.isEmpty ? '' : collect()
    if (collected !== undefined) return heartbeat.signUntil(Promise.all([text, collected]).then(([text]) => text))
    return register.mayTakeTime ? heartbeat.signUntil(Promise.resolve(text)) : text
  }
}
