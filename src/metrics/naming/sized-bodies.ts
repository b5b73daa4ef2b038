import type { Difference } from '../family.js'

/** Request bodies whose size is known. That of a request without a body is 0, and not recorded. */
export const sizedBodies: Difference = {
  of: ['http.server.requests'],
  minus: ['http.server.request.unsized']
}
