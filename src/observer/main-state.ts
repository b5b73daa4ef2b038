import type { ValueCell } from '../metrics/cell.js'
import { cellOf, onlyCell, type CatalogueView } from '../metrics/catalogue-view.js'
import { loopBlocked } from './protocol.js'

/** Milliseconds by which a beat is late at times though the loop is well. */
const leastLateMs = 60
/**
 * Milliseconds by which a beat has to be late for the service not to be ready: with the time until the beat was due,
 * the loop has been blocked for less than a second by then.
 */
export const notReadyMs = 450

/** Sets what tells of main: how old its last answer is, and for how long it has been blocked, in milliseconds. */
export function setMainState (view: CatalogueView, { ageMs, lateMs }: { ageMs: number, lateMs: number }): void {
  onlyCell<ValueCell>(view, 'metrics.main.age')?.set(ageMs / 1000)
  onlyCell<ValueCell>(view, 'nodejs.eventloop.stalled')?.set(lateMs > leastLateMs ? lateMs / 1000 : 0)
  cellOf<ValueCell>(view, 'service.unready', loopBlocked)?.set(lateMs < notReadyMs ? 0 : 1)
}
