const slabSlots = 8192

/** Hands out parts of shared memory, so that another thread can read what this one records. */
export class Memory {
  readonly slabs: SharedArrayBuffer[] = []
  #used = slabSlots

  /** A part of `slots` numbers, all 0. Throws a RangeError when that is more than a slab holds. */
  allocate (slots: number): Float64Array {
    if (!(slots > 0 && slots <= slabSlots)) throw new RangeError(`A part of memory has 1 to ${slabSlots} slots, not ${slots}`)
    if (this.#used + slots > slabSlots) {
      this.slabs.push(new SharedArrayBuffer(slabSlots * Float64Array.BYTES_PER_ELEMENT))
      this.#used = 0
    }
    const part = new Float64Array(this.slabs.at(-1) as SharedArrayBuffer, this.#used * Float64Array.BYTES_PER_ELEMENT, slots)
    this.#used += slots
    return part
  }
}
