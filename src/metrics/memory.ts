const slabSlots = 8192

/** Numbers in shared memory: those of `slots` from `at` on. */
export interface Part {
  readonly slots: Float64Array
  readonly at: number
}

/** Hands out parts of shared memory, so that another thread can read what this one records. */
export class Memory {
  readonly #slabs: SharedArrayBuffer[] = []
  #slots: Float64Array = new Float64Array()
  #used = 0

  /** The memory in which all parts lie, in the order in which it was made. */
  get slabs (): readonly SharedArrayBuffer[] {
    return this.#slabs
  }

  /** A part of so many numbers, all 0. Throws a RangeError when that is more than a slab holds. */
  allocate (size: number): Part {
    if (!(size > 0 && size <= slabSlots)) {
      throw new RangeError(`A part of memory has 1 to ${slabSlots} slots, not ${size}`)
    }
    if (this.#used + size > this.#slots.length) {
      const slab = new SharedArrayBuffer(slabSlots * Float64Array.BYTES_PER_ELEMENT)
      this.#slabs.push(slab)
      this.#slots = new Float64Array(slab)
      this.#used = 0
    }
    const at = this.#used
    this.#used += size
    return { slots: this.#slots, at }
  }
}
