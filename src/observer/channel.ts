import type { Transferable } from 'node:worker_threads'

type Message =
  | { readonly id: number, readonly name: string, readonly argument: unknown }
  | { readonly to: number, readonly value?: unknown, readonly error?: { message: string, code?: string } }

interface Port {
  postMessage: (message: Message, transfer?: readonly Transferable[]) => void
  on: (event: 'message', listener: (message: Message) => void) => unknown
}

export type Handlers = Readonly<Record<string, (argument: never) => unknown>>

/** Calls from one thread to another, both ways. */
export interface Channel {
  /**
   * Calls a handler of the other side. Rejects with what that throws, when the channel is broken, and when the argument
   * cannot be sent to another thread.
   */
  call: <T = void>(name: string, argument?: unknown, transfer?: readonly Transferable[]) => Promise<T>
  /** Rejects the calls that are under way, and all later ones. */
  break: (reason: string) => void
}

/** A handler's answer, of which a part is transferred to the other thread rather than copied. */
export class Transferred {
  readonly value: unknown
  readonly transfer: readonly Transferable[]

  constructor (value: unknown, transfer: readonly Transferable[]) {
    this.value = value
    this.transfer = transfer
  }
}

/**
 * Creates one side of a channel over a message port. What a handler throws is sent to the other side, where the call
 * rejects with it; nothing else here throws.
 */
export function createChannel (port: Port, handlers: Handlers): Channel {
  const underWay = new Map<number, { resolve: (value: unknown) => void, reject: (error: Error) => void }>()
  let broken: string | undefined
  let last = 0

  async function answer (id: number, name: string, argument: unknown) {
    try {
      const value = await handlers[name]?.(argument as never)
      if (value instanceof Transferred) port.postMessage({ to: id, value: value.value }, value.transfer)
      else port.postMessage({ to: id, value })
    } catch (error) {
      const { message, code } = error as NodeJS.ErrnoException
      port.postMessage({ to: id, error: { message, ...code !== undefined && { code } } })
    }
  }

  port.on('message', message => {
    if ('name' in message) {
      answer(message.id, message.name, message.argument)
      return
    }
    const waiting = underWay.get(message.to)
    underWay.delete(message.to)
    if (message.error === undefined) waiting?.resolve(message.value)
    else waiting?.reject(Object.assign(new Error(message.error.message), message.error))
  })

  return {
    call: async <T>(name: string, argument?: unknown, transfer: readonly Transferable[] = []) => {
      if (broken !== undefined) throw new Error(broken)
      const id = ++last
      return await new Promise<T>((resolve, reject) => {
        underWay.set(id, { resolve: resolve as (value: unknown) => void, reject })
        port.postMessage({ id, name, argument }, transfer)
      })
    },
    break: reason => {
      broken = reason
      for (const { reject } of underWay.values()) reject(new Error(reason))
      underWay.clear()
    }
  }
}
