import { answer, argument } from '../../control.js'
import type { Sql } from '../../../../src/postgres/client/client.js'

export interface Queries {
  url: string
  /** Places in the code that a query is made from, each with a name of its own. */
  callSites: number
}

export interface Work {
  queries: number
  atOnce: number
}

/** Makes one-row queries for whoever asks for them. */
export function serveQueries (sql: Sql): void {
  const { callSites } = argument<Queries>()
  const templates = Array.from(
    { length: callSites },
    (_, site) => template(`/* one_row_${site} */ select `, '::int as number')
  )

  // Apart from the loop, which V8 would optimise anew in each round with all that is in it.
  async function ask (number: number): Promise<void> {
    const [row] = await sql(templates[number % callSites] as TemplateStringsArray, number)
    if (row?.number !== number) throw new Error(`Asked for ${number} and got ${row?.number}`)
  }

  answer({
    async work ({ queries, atOnce }: Work) {
      let asked = 0
      await Promise.all(Array.from({ length: atOnce }, async () => { while (asked < queries) await ask(asked++) }))
    }
  })
}

/** What the language makes of a template literal at one place in the code. */
function template (...strings: string[]): TemplateStringsArray {
  return Object.assign(strings, { raw: strings })
}
