import { Unreachable } from '../shared/ask.js'
import { UnexpectedAnswer, type Context } from './context.js'
import { fail, leave, type Result, type Step } from './step.js'

export type Finding = { name: string, title: string, seconds: number } & Result

/** Runs the steps in turn. One that needs another which failed is skipped, and so is what needs that one. */
export async function * run (steps: Step[], context: Context, begin: (step: Step) => void): AsyncGenerator<Finding> {
  const broken = new Map<string, string>()
  for (const step of steps) {
    const began = performance.now()
    begin(step)
    const result = skipped(step, context, broken) ?? await checked(step, context)
    if (result.status === 'failed') broken.set(step.name, step.title)
    yield { name: step.name, title: step.title, seconds: (performance.now() - began) / 1000, ...result }
  }
}

function skipped ({ name, parts, needs }: Step, { options }: Context, broken: Map<string, string>): Result | undefined {
  const left = parts.find(part => options.skip.includes(part))
  if (left !== undefined) return leave(`left out, by --skip ${left}`)
  const needed = needs.find(need => broken.has(need))
  if (needed === undefined) return undefined
  const root = broken.get(needed) as string
  broken.set(name, root)
  return leave(`not looked at, for it needs what failed: ${root}`)
}

async function checked ({ check }: Step, context: Context): Promise<Result> {
  try {
    return await check(context)
  } catch (error) {
    if (error instanceof Unreachable) {
      return fail(
        `${error.origin} ${error.reason}`,
        `It answered a moment ago, and not now (${error.code}).`,
        'docker compose ps',
        'npm run doctor'
      )
    }
    if (error instanceof UnexpectedAnswer) {
      return fail(
        `${new URL(error.url).origin} answers ` +
        `${error.status < 300 ? 'what' : `${error.status}, which`} was not expected`,
        error.body || 'Its answer is empty.',
        `curl -i '${error.url}'`,
        'docker compose ps'
      )
    }
    return fail('could not be looked at', (error as Error).message, 'docker compose ps')
  }
}
