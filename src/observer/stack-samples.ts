import { setTimeout as sleep } from 'node:timers/promises'
import type { Debugger } from 'node:inspector'
import { connectToMain } from './main-session.js'
import { mainTime } from './main-time.js'
import { isOwn, type Sample } from './place.js'

const most = 10
/** Milliseconds between two samples. */
const betweenMs = 30
/** Milliseconds between two counts of the time that main and this thread have had. */
const countMs = 10
/** Milliseconds until main stops at the latest, unless it is in native code. */
const javaScriptMs = 250
/** Steps into what main calls next where nothing of the service is on its stack, as between two microtasks. */
const mostSteps = 3

/**
 * Samples main's stack into `samples` while it is stuck, until there are enough or the signal aborts. Main is stopped
 * for each sample and let go at once. A CPU profile would not stop it, but cannot name functions that were optimised
 * before it began, as those that block for long are. While main is in native code, it stops when it returns to
 * JavaScript. Only function, file and line of a frame are read. Rejects where Node.js was built without an inspector.
 */
export async function sampleStacks (
  samples: Sample[],
  isStuck: () => boolean,
  signal: AbortSignal
): Promise<void> {
  const urls = new Map<string, string>()
  const session = await connectToMain()
  const aborted = new Promise<void>(resolve => {
    signal.addEventListener('abort', () => { resolve() }, { once: true })
  })
  let paused = () => {}
  // Time without the processor does not count, main's or this thread's.
  let waitedMs = 0
  const hadMs = mainTime()
  const counting = setInterval(() => { waitedMs += hadMs(countMs) }, countMs)
  let answeredMs: number | undefined
  const answered = () => { answeredMs ??= waitedMs }
  let steps = 0

  session.on<Debugger.ScriptParsedEventDataType>('Debugger.scriptParsed', ({ scriptId, url }) => {
    answered()
    urls.set(scriptId, url)
  })
  session.on<Debugger.PausedEventDataType>('Debugger.paused', ({ callFrames }) => {
    answered()
    const stack = callFrames.map(({ functionName, location: { scriptId, lineNumber } }) =>
      ({ functionName, url: urls.get(scriptId) ?? '', lineNumber }))
    if (!stack.some(isOwn) && steps++ < mostSteps) {
      session.post('Debugger.stepInto').catch(() => {})
      return
    }
    if (isStuck()) samples.push({ stack, afterNative: (answeredMs ?? 0) > javaScriptMs })
    session.post('Debugger.resume').catch(() => {})
    paused()
  })

  const work = async () => {
    // Sent together: a main in native code takes them when it returns from there, and would run on between the two.
    const enabled = session.post('Debugger.enable', { maxScriptsCacheSize: 0 })
    while (samples.length < most && isStuck() && !signal.aborted) {
      const stopped = new Promise<void>(resolve => { paused = resolve })
      waitedMs = steps = 0
      answeredMs = undefined
      await Promise.all([enabled, session.post('Debugger.pause')])
      await stopped
      await sleep(betweenMs)
    }
  }

  try {
    await Promise.race([work(), aborted])
  } finally {
    // Resumes main, also from a pause that has not begun.
    clearInterval(counting)
    session.disconnect()
  }
}
