import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { addFirstHook } from './first-hook.js'
import { internal } from './fastify-internals.js'

type Begin = (request: FastifyRequest, reply: FastifyReply) => void

interface LogController {
  incomingRequest: (request: FastifyRequest, reply: FastifyReply, metadata?: unknown) => void
}

/**
 * Calls a function for each request, before any hook, until the app is closed. Fastify 5.10 and later tell their log
 * controller of each, whether it logs or not, at half of a hook's cost; earlier ones are given a hook before all
 * others. Apps that share one log controller hear of each other's requests.
 */
export function onEachRequest (app: FastifyInstance, begin: Begin): void {
  const controller = findLogController(app)
  if (controller === undefined) {
    addFirstHook(app, (request, reply, done) => {
      begin(request, reply)
      done()
    })
    return
  }
  const audience = audiences.get(controller) ?? gather(controller)
  audience.admit(begin)
  app.addHook('onClose', async () => {
    audience.release(begin)
    if (audience.isEmpty) dismiss(controller)
  })
}

/** Who hears of each request that a log controller is told of. */
class Audience {
  #all: readonly Begin[] = []
  /** Tells everybody: mostly the only one, without a loop. */
  tell: Begin = () => {}

  admit (begin: Begin): void {
    this.#seat([...this.#all, begin])
  }

  release (begin: Begin): void {
    this.#seat(this.#all.filter(other => other !== begin))
  }

  get isEmpty (): boolean {
    return this.#all.length === 0
  }

  #seat (all: readonly Begin[]): void {
    this.#all = all
    const [only] = all
    this.tell = only !== undefined && all.length === 1
      ? only
      : (request, reply) => { for (const begin of all) begin(request, reply) }
  }
}

const audiences = new WeakMap<LogController, Audience>()
const told = new WeakMap<LogController, {
  by: LogController['incomingRequest'],
  before: PropertyDescriptor | undefined
}>()

function gather (controller: LogController): Audience {
  const audience = new Audience()
  const { incomingRequest } = controller
  const before = Object.getOwnPropertyDescriptor(controller, 'incomingRequest')
  const by: typeof incomingRequest = function (this: LogController, request, reply, metadata) {
    audience.tell(request, reply)
    incomingRequest.call(this, request, reply, metadata)
  }
  controller.incomingRequest = by
  audiences.set(controller, audience)
  told.set(controller, { by, before })
  return audience
}

// Unless somebody else has wrapped our function since: then it stays, and calls nobody.
function dismiss (controller: LogController): void {
  const { by, before } = told.get(controller) ?? {}
  if (controller.incomingRequest !== by) return
  if (before === undefined) Reflect.deleteProperty(controller, 'incomingRequest')
  else Object.defineProperty(controller, 'incomingRequest', before)
  audiences.delete(controller)
}

function findLogController (app: FastifyInstance): LogController | undefined {
  const controller = internal<Partial<LogController>>(app, 'fastify.logController')
  return typeof controller?.incomingRequest === 'function' ? controller as LogController : undefined
}
