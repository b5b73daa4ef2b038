import { clock } from '../clock.js'
import { heartbeat } from '../loop/heartbeat.js'
import type { Catalogue } from './catalogue.js'
import type { ValueCell } from './cell.js'
import { patienceMs } from './collecting.js'
import type { Guard } from './guard.js'
import type { ServedRegistry } from './served-registry.js'

/** Milliseconds for which what was refreshed is told again. */
const keptMs = 1000

/**
 * The text of a registry's metrics. One whose `collect` function throws, or does not end in time, is left out and
 * counted, so that all others are served.
 */
export async function collect (register: ServedRegistry, failed: ValueCell): Promise<string> {
  const metrics = register.getMetricsAsArray()
  const texts = metrics.map(() => '')
  let left = metrics.length
  return await new Promise(resolve => {
    let timer: NodeJS.Timeout | undefined
    const finish = () => {
      left = 0
      clearImmediate(soon)
      clearTimeout(timer)
      failed.add(texts.filter(text => text === '').length)
      resolve(texts.join(''))
    }
    const read = () => { if (--left === 0) finish() }
    // Mostly all is read by then, and no timer has to be made.
    const soon = register.mayTakeTime ? setImmediate(() => { timer = setTimeout(finish, patienceMs) }) : undefined
    metrics.forEach(({ name }, place) => {
      register.textOf(name).then(text => {
        texts[place] = `${text}\n`
        read()
      }, read)
    })
  })
}

/**
 * Makes a function that reads what an app's prom-client holds, before each scrape: at once where that is nothing. It
 * also has the catalogue set what is not recorded as it happens.
 */
export function createClientReader (
  catalogue: Catalogue,
  register: ServedRegistry,
  guard: Guard
): () => string | Promise<string> {
  const failed = guard.failures('collect')
  register.onMetric = () => { catalogue.mainNeeded.note() }
  if (!register.isEmpty) register.onMetric()
  let refreshedAt = -Infinity
  return () => {
    const collected = catalogue.collect()
    if (clock() - refreshedAt >= keptMs) {
      refreshedAt = clock()
      catalogue.refresh()
    }
    const text = register.isEmpty ? '' : collect(register, failed)
    if (collected !== undefined) return heartbeat.signUntil(Promise.all([text, collected]).then(([text]) => text))
    return register.mayTakeTime ? heartbeat.signUntil(Promise.resolve(text)) : text
  }
}
