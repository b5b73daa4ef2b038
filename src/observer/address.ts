import type { ServerOptions } from 'node:http'
import { anyObject } from '../plugin/schema.js'
import { Type, type Static } from '../schema.js'

/** Where operators ask, and what they have to show. */
export const addressOptions = Type.Object({
  host: Type.String({ minLength: 1, allowed: 'an address to listen on, such as "127.0.0.1"' }),
  /** 0 is any that is free. */
  port: Type.Integer({ minimum: 0, maximum: 65_535 }),
  /** Token that metrics and profiles ask for; none when empty. */
  token: Type.Optional(Type.String({ allowed: 'a text', secret: true })),
  /** Options of the server. */
  http: Type.Optional(anyObject<ServerOptions>({}))
}, { additionalProperties: false })

export type Address = Readonly<Static<typeof addressOptions>>
