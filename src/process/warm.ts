// What process.nextTick() queues is, in Node.js 20 to 24, an object literal with computed keys. V8 notes the hidden
// class that it met at each key, and holds it weakly. A garbage collection while nothing is queued takes the classes
// away, the next call meets new ones, and V8 takes that for a second shape: from then on, each key is a call into its
// runtime, until the process ends. Whether and when that happens is luck. One queued object that is kept keeps its
// classes, and so it cannot happen. Node.js 26 has a class there, which needs nothing of this.
import { executionAsyncResource } from 'node:async_hooks'

/** Keeps what V8 has learnt about `process.nextTick()`. It is empty until the first tick. */
export const kept: object[] = []

// The object that is queued is the resource of the tick itself. Asking for it costs later callbacks nothing unless
// async hooks are on.
process.nextTick(() => { kept.push(executionAsyncResource()) })
