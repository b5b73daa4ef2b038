/**
 * Whether readings need the thread that records: there is something that only it can tell, and that has to be as of the
 * reading. It is known to every thread that has the memory.
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
