import type { FastifyInstance } from 'fastify'

/** What plugins have for one another, by the plugin's name. Each declares its own here, beside where it offers that. */
export interface Parts {}

interface Meeting {
  readonly parts: Map<string, unknown>
  readonly waiting: Map<string, Array<(part: never) => void>>
}

/** Meetings by an app's outermost context, so that plugins meet whichever contexts they were registered in. */
const meetings = new WeakMap<FastifyInstance, Meeting>()

function meetingOf (app: FastifyInstance): Meeting {
  const root = rootOf(app)
  let meeting = meetings.get(root)
  if (meeting === undefined) meetings.set(root, meeting = { parts: new Map(), waiting: new Map() })
  return meeting
}

/** Returns the outermost context of an app: each context within has the one around it for its prototype. */
export function rootOf (app: FastifyInstance): FastifyInstance {
  const around = Object.getPrototypeOf(app) as FastifyInstance
  return around === Object.prototype as object ? app : rootOf(around)
}

/** Throws an Error when a plugin of the name has been registered in the app already. */
export function assertFirst (app: FastifyInstance, name: keyof Parts): void {
  if (isThere(app, name)) {
    throw new Error(`${name} is registered twice in this app, in one context or two: once is for the whole server`)
  }
}

/** Whether a plugin of the name has been registered in the app. */
export function isThere (app: FastifyInstance, name: keyof Parts): boolean {
  return meetingOf(app).parts.has(name)
}

/** Gives the others what a plugin has for them: those that came before, now; those that come later, when they ask. */
export function offer<N extends keyof Parts> (app: FastifyInstance, name: N, part: Parts[N]): void {
  const { parts, waiting } = meetingOf(app)
  parts.set(name, part)
  for (const use of waiting.get(name) ?? []) use(part as never)
  waiting.delete(name)
}

/**
 * Calls a function with what another plugin of the app has, now or as soon as that is registered; never if it is not.
 */
export function meet<N extends keyof Parts> (app: FastifyInstance, name: N, use: (part: Parts[N]) => void): void {
  const { parts, waiting } = meetingOf(app)
  const part = parts.get(name)
  if (part !== undefined) use(part as Parts[N])
  else waiting.set(name, [...waiting.get(name) ?? [], use])
}
