import type { Bench } from './bench.js'
import type { Side } from './compare.js'
import { start, type Start } from './program.js'

/** A side that is a program which does and measures a round by itself. */
export function inProgram ({ apart }: Bench, name: string, options: Start): Side {
  return {
    name,
    async open () {
      const { ask, stop } = await start({ ...options, under: apart })
      return { stop, round: async () => await ask<number>('round') }
    }
  }
}
