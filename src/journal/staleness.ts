import type { FastifyInstance } from 'fastify'
import type { AlertWriter } from './writer.js'

/** Most milliseconds between two checks. */
const longestInterval = 30_000
/** Seconds after which no alert is old enough to be stale: thirty years. */
const never = 1e9

/**
 * Ends alerts that Alertmanager has not mentioned for `seconds`, as stale. Only time counts in which the journal could
 * hear of them: after a start, and after the database was away, Alertmanager again gets as long.
 */
export function watchStaleness (app: FastifyInstance, writer: Pick<AlertWriter, 'endStale'>, seconds: number): void {
  if (seconds === 0) return
  const interval = Math.min(longestInterval, seconds * 250)
  let listeningSince = performance.now()
  let lastLook = listeningSince
  let looking: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined

  async function look () {
    const now = performance.now()
    // A process that was suspended, or whose event loop was blocked, has heard nothing in that time.
    if (now - lastLook > 2 * interval + 1000) listeningSince = now
    lastLook = now
    try {
      // Asks the database in any case: while that is away, no alert can be stored either.
      const ended = await writer.endStale(now - listeningSince < seconds * 1000 ? never : seconds)
      if (ended > 0) {
        app.log.warn(
          { ended },
        `Alerts are stale: Alertmanager has not told of them for ${seconds} s, nor that they are resolved`
        )
      }
    } catch (error) {
      listeningSince = performance.now()
      app.log.debug({ err: error }, 'Alerts that are silent could not be looked for')
    }
  }

  app.addHook('onReady', async () => {
    timer = setInterval(() => { looking ??= look().finally(() => { looking = undefined }) }, interval).unref()
  })
  app.addHook('onClose', async () => {
    clearInterval(timer)
    await looking
  })
}
