import { setTimeout as sleep } from 'node:timers/promises'
import type { Debugger } from 'node:inspector'
import { connectToMain } from './main-session.js'
import type { Frame } from './place.js'

const most = 10
/** Milliseconds between two samples. */
const betweenMs = 30

/**
 * Takes samples of main's stack, until it has enough or is aborted. Main is stopped for each and let go at once; a CPU
 * profile does without, but knows nothing of functions that were optimised before it began, which those that block are.
 * While no JavaScript runs, main stops when it returns to it. Of a frame nothing but its function, file and line is
 * read.
 */
export async function sampleStacks (signal: AbortSignal): Promise<Frame[][]> {
  const stacks: Frame[][] = []
  const urls = new Map<string, string>()
  const session = await connectToMain()
  const aborted = new Promise<void>(resolve => {
    signal.addEventListener('abort', () => { resolve() }, { once: true })
  })
  let paused = () => {}

  session.on<Debugger.ScriptParsedEventDataType>(
    'Debugger.scriptParsed',
    ({ scriptId, url }) => { urls.set(scriptId, url) }
  )
  session.on<Debugger.PausedEventDataType>('Debugger.paused', ({ callFrames }) => {
    stacks.push(callFrames.map(({ functionName, location: { scriptId, lineNumber } }) =>
      ({ functionName, url: urls.get(scriptId) ?? '', lineNumber })))
    session.post('Debugger.resume').catch(() => {})
    paused()
  })

  const work = async () => {
    // Both are sent at once, for main may take them only when it returns from what it is stuck in, and go on.
    const enabled = session.post('Debugger.enable', { maxScriptsCacheSize: 0 })
    while (stacks.length < most && !signal.aborted) {
      const stopped = new Promise<void>(resolve => { paused = resolve })
      await Promise.all([enabled, session.post('Debugger.pause')])
      await stopped
      await sleep(betweenMs)
    }
  }

  try {
    await Promise.race([work(), aborted])
  } finally {
    // What is disconnected lets main go, whatever it was asked.
    session.disconnect()
  }
  return stacks
}
