import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

const ofTheConnection = new Set(['connection', 'date', 'keep-alive', 'transfer-encoding'])

/**
 * Makes a handler of GET and HEAD requests that passes them to an app of its own. That is built for the first request,
 * so that a service that nobody asks for it loads none of its modules. What it does not find is answered by the outer
 * app's 404. The handler rejects when the app cannot be built, and tries again at the next request.
 */
export function createInnerApp (app: FastifyInstance, build: () => Promise<FastifyInstance>) {
  let built: Promise<FastifyInstance> | undefined
  app.addHook('onClose', async () => { await (await built?.catch(() => undefined))?.close() })

  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    built ??= build()
    const inner = await built.catch((error: Error) => {
      built = undefined
      throw error
    })
    const {
      statusCode,
      headers,
      rawPayload
    } = await inner.inject({ url: request.url, headers: request.headers })
    if (statusCode === 404) {
      reply.callNotFound()
      return reply
    }
    for (const [name, value] of Object.entries(headers)) if (!ofTheConnection.has(name)) reply.header(name, value)
    return await reply.code(statusCode).send(rawPayload)
  }
}
