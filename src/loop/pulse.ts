import { clock } from '../clock.js'

/** Milliseconds between two beats of an event loop that is neither late nor busy. */
export const longestPeriodMs = 500

/**
 * Milliseconds between two beats of an event loop that is not late, by the share of the time that it is busy. What it
 * did in one period can be told from a stall only by guessing, and a loop that is busy is awake anyway.
 */
export function periodMs (busyShare: number): number {
  if (busyShare < 0.01) return longestPeriodMs
  return busyShare < 0.1 ? 250 : 50
}

/** Indexes into the shared memory. Main writes it and the observer reads it; times are milliseconds of the clock. */
const lastSign = 0
const due = 1
const debugged = 2
const lastBegin = 3
const slots = 4

/**
 * The state of main's event loop in shared memory: its last sign of life, and when its next beat is due. All threads
 * have the same clock.
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

  /**
   * Notes the begin of work, such as a request, at a moment that was just read from the clock: the event loop was not
   * blocked before. When a beat is overdue it may have been, and then what began is of the same turn.
   */
  begin (at: number): void {
    if (at < (this.#slots[due] as number)) this.#slots[lastBegin] = at
  }

  /** Milliseconds since the last begin of work that was noted. */
  sinceBeginMs (): number {
    return clock() - (this.#slots[lastBegin] as number)
  }

  /** Sets when the next beat is due; 0 while the event loop is not watched. */
  expect (at: number): void {
    this.#slots[due] = at
  }

  /** Milliseconds since the last sign of life. */
  silentMs (): number {
    return clock() - (this.#slots[lastSign] as number)
  }

  /** Milliseconds until the next beat is due: negative when it is late, Infinity when none is due. */
  dueMs (): number {
    const at = this.#slots[due] as number
    return at === 0 ? Infinity : at - clock()
  }

  /**
   * Milliseconds by which the next beat is late; the event loop has been blocked for at least as long. 0 when it is not
   * late.
   */
  lateMs (): number {
    return Math.max(0, -this.dueMs())
  }

  /**
   * Milliseconds until the event loop may have been blocked for as long as `ms`: since its last sign of life or begin
   * of work, and late for half of it at least.
   */
  suspectedIn (ms: number): number {
    return Math.max(ms - this.silentMs(), ms - this.sinceBeginMs(), ms / 2 + this.dueMs())
  }

  /** Whether a debugger is attached, which may stop main at any time. */
  get debugged (): boolean {
    return this.#slots[debugged] === 1
  }

  set debugged (value: boolean) {
    this.#slots[debugged] = value ? 1 : 0
  }
}
