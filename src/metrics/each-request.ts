import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

type Begin = (request: FastifyRequest, reply: FastifyReply) => void

interface LogController {
  incomingRequest: (request: FastifyRequest, reply: FastifyReply, metadata?: unknown) => void
}

/**
 * Has a function called for each request, before any hook. Fastify tells its log controller of each, whether it logs or
 * not, at half of a hook's cost; where none is found, a hook it is, and then only hooks registered later come after.
 */
export function onEachRequest (app: FastifyInstance, begin: Begin): void {
  const controller = findLogController(app)
  if (controller === undefined) {
    app.addHook('onRequest', (request, reply, done) => {
      begin(request, reply)
      done()
    })
    return
  }
  const { incomingRequest } = controller
  controller.incomingRequest = function (request, reply, metadata) {
    begin(request, reply)
    incomingRequest.call(this, request, reply, metadata)
  }
}

function findLogController (app: FastifyInstance): LogController | undefined {
  for (let instance: object | null = app; instance !== null; instance = Object.getPrototypeOf(instance)) {
    const held = instance as Record<symbol, Partial<LogController> | undefined>
    for (const symbol of Object.getOwnPropertySymbols(instance)) {
      if (symbol.description === 'fastify.logController' && typeof held[symbol]?.incomingRequest === 'function') return held[symbol] as LogController
    }
  }
  return undefined
}
