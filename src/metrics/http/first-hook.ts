import type { FastifyInstance, onRequestHookHandler } from 'fastify'
import { rootOf } from '../../plugin/root-context.js'
import { internal } from './fastify-internals.js'

/**
 * Adds a hook `onRequest` to the whole of an app, before those that it has already. Where Fastify does not keep them as
 * its versions without a log controller do, the hook comes after them, and a warning says what that means.
 */
export function addFirstHook (app: FastifyInstance, hook: onRequestHookHandler): void {
  const root = rootOf(app)
  if (hooksOf(root) !== undefined) {
    insert(root, hook)
    return
  }
  root.addHook('onRequest', hook)
  app.log.warn(
    `Metrics see no request that a hook answers which was registered before them, in Fastify ${app.version}: ` +
    'register the plugin metrics first'
  )
}

// Contexts have a copy of the hooks around them.
function insert (context: FastifyInstance, hook: onRequestHookHandler): void {
  hooksOf(context)?.unshift(hook)
  for (const child of internal<FastifyInstance[]>(context, 'fastify.children') ?? []) insert(child, hook)
}

function hooksOf (context: FastifyInstance): onRequestHookHandler[] | undefined {
  return internal<{ onRequest?: onRequestHookHandler[] }>(context, 'fastify.hooks')?.onRequest
}
