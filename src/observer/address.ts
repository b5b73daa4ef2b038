import type { ServerOptions } from 'node:http'
import { anyObject } from '../plugin/schema.js'
import { Type, type Static } from '../schema.js'

/** The options of the management port. */
export const addressOptions = Type.Object({
  host: Type.String({ minLength: 1, allowed: 'an address to listen on, such as "127.0.0.1"' }),
  /** 0 takes any free port. */
  port: Type.Integer({ minimum: 0, maximum: 65_535 }),
  /** Token that clients need for metrics and profiles; none when empty. */
  token: Type.Optional(Type.String({ allowed: 'a text', secret: true })),
  /** Options of the HTTP server of Node.js. */
  http: Type.Optional(anyObject<ServerOptions>({}))
}, { additionalProperties: false })

export type Address = Readonly<Static<typeof addressOptions>>
