import { isMainThread, Worker, type Transferable } from 'node:worker_threads'
import { heartbeat } from '../loop/heartbeat.js'
import { createChannel, type Channel, type Handlers } from './channel.js'
import type { StartData } from './protocol.js'

// When built, the thread is given none of the service's loaders, nothing that NODE_OPTIONS loads, and no secrets of the
// environment. As TypeScript it needs the loader that loaded this file.
const isBuilt = import.meta.url.endsWith('.js')

/** Megabytes of the heap's young generation. The default, 16 or more, is for programs that make more garbage. */
const maxYoungGenerationSizeMb = 4

/** The observer's thread, as main sees it. It does not keep the process from ending. */
export interface ObserverThread {
  call: Channel['call']
  /** Ends the thread, and resolves when it has ended. */
  end: () => Promise<void>
}

/**
 * Starts the observer's thread.
 * @param onDeath - called with the reason when the thread ends by itself
 */
export function startObserverThread (handlers: Handlers, onDeath: (error: Error) => void): ObserverThread {
  const worker = new Worker(new URL('thread.js', import.meta.url), {
    name: 'observer',
    workerData: { pulse: heartbeat.pulse.memory, isInspectable: isMainThread } satisfies StartData,
    resourceLimits: { maxYoungGenerationSizeMb },
    ...isBuilt && { execArgv: [], env: {} }
  })
  const channel = createChannel({
    postMessage: (message, transfer = []) => { worker.postMessage(message, transfer) },
    on: (event, listener) => worker.on(event, listener)
  }, handlers)
  let ending = false
  let waiting = 0
  let cause: Error | undefined

  worker.on('error', error => { cause = error as Error })
  const exited = new Promise<void>(resolve => {
    worker.once('exit', code => {
      channel.break('The observer has ended')
      resolve()
      if (!ending) onDeath(cause ?? new Error(`The observer ended with code ${code}`))
    })
  })
  worker.unref()

  return {
    call: async <T>(name: string, argument?: unknown, transfer?: readonly Transferable[]) => {
      // The process must not end while somebody waits for an answer.
      if (++waiting === 1) worker.ref()
      try {
        return await channel.call<T>(name, argument, transfer)
      } finally {
        if (--waiting === 0 && !ending) worker.unref()
      }
    },
    end: async () => {
      ending = true
      worker.ref()
      await worker.terminate()
      await exited
    }
  }
}
