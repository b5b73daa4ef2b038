import { management, settings } from '../settings.js'
import { ask, TokenWanted } from './ask.js'

export type Port = 'main' | 'management'

const patience = 1200
const longPatience = 60_000

/**
 * Creates a source of metrics: the main port while it answers, the management port while it does not. Its `read`
 * rejects when neither does, and when a token is needed.
 */
export function createSource () {
  let mainAnswers = settings.metrics !== null
  let probing = false

  /** Watches for the main port to answer again, by one request that waits for it. */
  function probe (path: string) {
    if (probing) return
    probing = true
    ask(path, longPatience).then(({ ok }) => { mainAnswers = ok }, () => {}).finally(() => { probing = false })
  }

  /** Reads the metrics. Rejects when no port answers, and with TokenWanted when a token is needed. */
  async function read (): Promise<{ text: string, port: Port }> {
    if (settings.metrics !== null && (mainAnswers || management === undefined)) {
      try {
        return { text: await textOf(settings.metrics), port: 'main' }
      } catch (error) {
        if (management === undefined || error instanceof TokenWanted) throw error
        mainAnswers = false
      }
    }
    if (settings.metrics !== null) probe(settings.metrics)
    if (management === undefined) throw new Error('The service has no metrics to show')
    return { text: await textOf(`${management}/metrics`), port: 'management' }
  }

  return { read }
}

async function textOf (url: string): Promise<string> {
  const response = await ask(url, patience)
  if (!response.ok) throw new Error(`${url} answers ${response.status}`)
  return await response.text()
}
