/**
 * Whether a scrape needs the main thread: for metrics that only main can read, at the time of the scrape. All threads
 * that share the memory can ask.
 */
export class MainNeeded {
  readonly memory: SharedArrayBuffer
  readonly #bytes: Uint8Array

  constructor (memory = new SharedArrayBuffer(1)) {
    this.memory = memory
    this.#bytes = new Uint8Array(memory)
  }

  get is (): boolean {
    return this.#bytes[0] === 1
  }

  /** Notes that they do from now on. */
  note (): void {
    this.#bytes[0] = 1
  }
}
