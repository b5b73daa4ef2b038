import { management } from '../settings.js'
import { ask } from './ask.js'

/** A stall of the event loop. Times are in seconds since 1970. */
export interface Stall {
  from: number
  until: number
  /** The function, file and line that it was in; undefined when the service does not know. */
  what: string | undefined
}

/** A stall as `/health/live` of the management port reports it. */
interface ReportedStall {
  /** When it was over. */
  at: string
  seconds: number
  function?: string
  file?: string
  line?: number
}

/** Reads the last stalls from the management port; none where there is no such port. Rejects when it is silent. */
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
