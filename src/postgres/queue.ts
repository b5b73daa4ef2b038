/** One of the lists that the driver keeps its connections in: those that are open, busy, full and so on. */
export interface Queue<T = unknown> {
  readonly length: number
  remove: (item: T) => T | null
  push: (item: T) => T
  shift: () => T | undefined
}

const mended = new WeakSet<object>()

/**
 * Has a list of connections keep those alone that are in it. By the driver's own code it keeps a place for each that ever was,
 * until it happens to be empty, and searches all of them whenever a connection moves: under load that does not let up,
 * each query takes longer than the last.
 */
export function mend<T> (queue: Queue<T>): void {
  if (mended.has(queue)) return
  const items: T[] = []
  while (queue.length > 0) items.push(queue.shift() as T)
  Object.defineProperties(queue, {
    length: { configurable: true, get: () => items.length },
    remove: {
      value: (item: T) => {
        const place = items.indexOf(item)
        return place < 0 ? null : items.splice(place, 1)[0]
      }
    },
    push: {
      value: (item: T) => {
        items.push(item)
        return item
      }
    },
    shift: { value: () => items.shift() }
  })
  mended.add(queue)
}
