import type { Difference } from '../family.js'

/** Request bodies of known size. A request without a body has one of 0 bytes, which is not recorded. */
export const sizedBodies: Difference = {
  of: ['http.server.requests'],
  minus: ['http.server.request.unsized']
}
