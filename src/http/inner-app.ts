import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

const ofTheConnection = new Set(['connection', 'date', 'keep-alive', 'transfer-encoding'])

/**
 * Makes a handler of GET requests, and of HEAD as these, that passes them on to an app within the app, which is built
 * when the first of them arrives, so that a service that nobody asks for it loads nothing of it. What that app does not
 * find, the outer one does not. The handler rejects when it cannot be built, and tries again with the next request.
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
