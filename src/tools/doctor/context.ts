import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, type Answer, type Question } from '../shared/ask.js'
import { readExposition, type Exposition } from '../shared/exposition.js'
import type { Options } from './options.js'

export type Program = 'service' | 'management' | 'prometheus' | 'alertmanager' | 'journalAlertmanager' | 'grafana'

/** A program answered, but not with what it was asked for: with an error's status, or no JSON. */
export class UnexpectedAnswer extends Error {
  constructor (readonly url: string, readonly status: number, readonly body: string) {
    super(`${url} answers ${status}: ${body}`)
  }
}

export interface Context {
  options: Options
  /** A label's value that only the test alert of this run has. */
  id: string
  began: Date
  /** Shows what is waited for. */
  tell: (what: string) => void
  ask: (program: Program, path: string, question?: Question) => Promise<Answer>
  /** Asks for JSON; throws UnexpectedAnswer when the answer is another. */
  askJson: <T>(program: Program, path: string, question?: Question) => Promise<T>
  /** Asks for a list in JSON; throws UnexpectedAnswer when the answer is another. */
  askList: <T>(program: Program, path: string) => Promise<T[]>
  /** A program's own metrics; undefined when it has none that can be read. */
  metrics: (program: Program) => Promise<Exposition | undefined>
  /** Asks until the answer is not undefined, or `seconds` have gone by. */
  until: <T>(seconds: number, what: () => Promise<T | undefined>) => Promise<T | undefined>
}

/**
 * Makes what the steps of one run share. Its `ask` rejects when a program does not answer within the `timeout` of the
 * options; its `until` with the last error, when that is all there was at its end.
 */
export function createContext (options: Options, tell: (what: string) => void): Context {
  const askProgram: Context['ask'] = async (program, path, question) =>
    await ask(options[program], path, { timeout: options.timeout * 1000, ...question })

  async function askJson<T> (program: Program, path: string, question?: Question): Promise<T> {
    const { status, type, text } = await askProgram(program, path, question)
    if (status >= 300 || !type.includes('json')) {
      throw new UnexpectedAnswer(`${options[program].origin}${path}`, status, excerpt(text))
    }
    return JSON.parse(text) as T
  }

  return {
    options,
    id: randomBytes(4).toString('hex'),
    began: new Date(),
    tell,
    ask: askProgram,
    askJson,
    async askList <T> (program: Program, path: string) {
      const list = await askJson<T[]>(program, path)
      if (!Array.isArray(list)) {
        throw new UnexpectedAnswer(`${options[program].origin}${path}`, 200, excerpt(JSON.stringify(list)))
      }
      return list
    },
    async metrics (program) {
      const { status, text } = await askProgram(program, program === 'management' ? '/metrics/' : '/metrics')
      try {
        return status === 200 ? readExposition(text) : undefined
      } catch {
        return undefined
      }
    },
    async until (seconds, what) {
      const deadline = performance.now() + seconds * 1000
      for (;;) {
        const late = performance.now() > deadline
        const answer = await what().catch(error => {
          // A busy program may shed one request and answer the next.
          if (late) throw error
          return undefined
        })
        if (answer !== undefined || late) return answer
        await sleep(400)
      }
    }
  }
}

/** The beginning of a text, in one line. */
export function excerpt (text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > 120 ? `${line.slice(0, 120)}…` : line
}
