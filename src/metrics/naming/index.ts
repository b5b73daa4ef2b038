import { isDeepStrictEqual } from 'node:util'
import type { Family } from '../family.js'
import { django } from './django.js'
import { fastify } from './fastify.js'
import { journal } from './journal.js'
import { otel } from './otel.js'
import { queries } from './queries.js'
import { runtime } from './runtime.js'
import { service } from './service.js'

const namings = { fastify, django, otel }

export type Naming = keyof typeof namings

/** Every naming there is. */
export const namingNames = Object.keys(namings) as readonly Naming[]

/** The families of these namings, and those that come with each. */
export function familiesOf (names: readonly Naming[]): Family[] {
  return merge([...names.map(name => namings[name]), service, runtime, queries, journal])
}

/**
 * Merges lists of families; one that several lists define alike comes once. Throws a TypeError that names a family that
 * they define differently.
 */
export function merge (lists: ReadonlyArray<readonly Family[]>): Family[] {
  const byName = new Map<string, Family>()
  for (const family of lists.flat()) {
    const held = byName.get(family.name)
    if (held !== undefined && !isDeepStrictEqual(held, family)) {
      throw new TypeError(`${family.name} has two different definitions`)
    }
    byName.set(family.name, family)
  }
  return [...byName.values()]
}
