import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type {} from '../../plugins/metrics.js'
import type { AlertWriter, Extent } from './writer.js'

/** Milliseconds between two checks: at first, doubled each time, and at most. A new journal fills within minutes. */
const soonest = 60_000
const latest = 3_600_000
/** Milliseconds between two batches of deletions. */
const pause = 200
/** Milliseconds before it tries again after a failure, such as before the first migrations. */
const again = 10_000

/** Alerts that are deleted in one transaction. */
const batchSize = 500

/**
 * Deletes alerts that have been over for more than `days`, in batches and by one instance at a time, and sets the
 * metrics of how many alerts there are. It runs a minute after the start, and then less and less often, down to every
 * hour.
 */
export function keepForDays (
  app: FastifyInstance,
  writer: Pick<AlertWriter, 'deleteOld' | 'extent'>,
  days: number
): void {
  const stopped = new AbortController()
  const record = app.hasDecorator('metrics') ? recorder(app) : () => {}
  let timer: NodeJS.Timeout | undefined
  let retry: NodeJS.Timeout | undefined
  let working: Promise<void> | undefined

  async function work () {
    try {
      let deleted = 0
      for (let batch = days > 0 ? batchSize : 0; batch === batchSize && !stopped.signal.aborted; deleted += batch) {
        batch = await writer.deleteOld(days, batchSize)
        await sleep(pause, undefined, { signal: stopped.signal, ref: false })
      }
      if (deleted > 0) app.log.info({ deleted }, `Alerts that were over for more than ${days} days are deleted`)
      record(await writer.extent())
    } catch (error) {
      if (stopped.signal.aborted) return
      app.log.debug({ err: error }, 'Old alerts could not be deleted')
      retry = setTimeout(begin, again).unref()
    }
  }

  const begin = () => { working ??= work().finally(() => { working = undefined }) }
  function look (wait = soonest) {
    begin()
    timer = setTimeout(() => { look(Math.min(wait * 2, latest)) }, wait).unref()
  }
  app.addHook('onReady', async () => { look() })
  app.addHook('onClose', async () => {
    clearTimeout(timer)
    clearTimeout(retry)
    stopped.abort()
    await working
  })
}

function recorder (app: FastifyInstance): (extent: Extent) => void {
  const { catalogue, guard } = app.metrics
  const alerts = catalogue.value('journal.alerts').cell()
  const oldest = catalogue.value('journal.oldest').cell()
  return guard('journal', (extent: Extent) => {
    alerts.set(extent.alerts)
    oldest.set(extent.oldest ?? 0)
  })
}
