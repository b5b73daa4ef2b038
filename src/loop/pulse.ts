import { clock } from '../clock.js'

/** Milliseconds between two beats of a loop that is well: one with work to do, and one without. */
export const busyPeriodMs = 250
export const idlePeriodMs = 500

/** Places in the memory that main writes and the observer reads: times by the clock, in milliseconds. */
const lastSign = 0
const due = 1
const debugged = 2
const slots = 3

/**
 * What tells of main's event loop in shared memory: when it last gave a sign of life, and when its next beat is due.
 * Every thread has the same clock.
 */
export class Pulse {
  readonly memory: SharedArrayBuffer
  readonly #slots: Float64Array

  constructor (memory = new SharedArrayBuffer(slots * Float64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory
    this.#slots = new Float64Array(memory)
  }

  /** Notes a sign of life at this moment. */
  sign (): void {
    this.#slots[lastSign] = clock()
  }

  /** Says when the next beat is due; 0 when none is, as before the loop is watched. */
  expect (at: number): void {
    this.#slots[due] = at
  }

  /** Milliseconds since the last sign of life. */
  silentMs (): number {
    return clock() - (this.#slots[lastSign] as number)
  }

  /** Milliseconds until the next beat is due: less than 0 when it is late, infinite when none is due. */
  dueMs (): number {
    const at = this.#slots[due] as number
    return at === 0 ? Infinity : at - clock()
  }

  /**
   * Milliseconds by which the next beat is late, for which the loop has been blocked at the least; 0 when it is not.
   */
  lateMs (): number {
    return Math.max(0, -this.dueMs())
  }

  /** Whether a debugger may stop main at will. */
  get debugged (): boolean {
    return this.#slots[debugged] === 1
  }

  set debugged (value: boolean) {
    this.#slots[debugged] = value ? 1 : 0
  }
}
