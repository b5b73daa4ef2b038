import { management } from '../settings.js'
import { ask } from './ask.js'

/** A stall of the event loop, as the service's liveness tells of it. Times are seconds since 1970. */
export interface Stall {
  from: number
  until: number
  /** The function, file and line that it was in. */
  what: string | undefined
}

/** As `/health/live` of the management port tells it. */
interface ReportedStall {
  /** When it was over. */
  at: string
  seconds: number
  function?: string
  file?: string
  line?: number
}

/** Reads the last stalls from the port that knows of them. Rejects when it does not answer. */
export async function readStalls (): Promise<Stall[]> {
  if (management === undefined) return []
  const response = await ask(`${management}/health/live`, 2000)
  const { stalls = [] } = await response.json() as { stalls?: ReportedStall[] }
  return stalls.map(({ at, seconds, function: name, file, line }) => {
    const until = Date.parse(at) / 1000
    return {
      from: until - seconds,
      until,
      what: name === undefined
        ? undefined
        : `${name === '' ? '(anonymous)' : name} (${[file?.replace(/^.*\//, ''), line].filter(Boolean).join(':')})`
    }
  })
}
