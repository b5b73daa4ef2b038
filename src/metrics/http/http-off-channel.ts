import type { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { clock } from '../../clock.js'
import type { Guard } from '../guard.js'
import { wasReset, type HttpOutcomes, type Outcome } from './http-outcomes.js'
import type { RouteCells } from './route-cells.js'

export interface OffChannel {
  /** Follows a request that began at `began`, in milliseconds by the clock, and records its outcome. */
  begin: (request: IncomingMessage, response: ServerResponse, route: RouteCells, began: number) => void
  /** Tells whether a request is followed and has not ended. */
  isUnderWay: (request: IncomingMessage) => boolean
}

/**
 * Follows requests by listeners to each response, for those whose end Node.js does not publish on its diagnostics
 * channel: requests of HTTP/2 and of inject(), and those whose connection is gone before they begin.
 */
export function followOffChannel ({ finished, aborted, left }: HttpOutcomes, guard: Guard): OffChannel {
  const underWay = new WeakSet<IncomingMessage>()
  const onEnd = guard('finish_apart', (end: (record: Outcome) => void, record: Outcome) => { end(record) })

  return {
    begin: (request, response, route, began) => {
      const end = (record: Outcome) => {
        if (underWay.delete(request)) record(route, request, response, (clock() - began) / 1000)
      }
      underWay.add(request)
      if (request.socket instanceof Socket && request.socket.destroyed) {
        end(aborted)
        return
      }
      response.once('finish', () => { onEnd(end, wasReset(response) ? left(response) : finished) })
      response.once('close', () => { onEnd(end, left(response)) })
    },
    isUnderWay: request => underWay.has(request)
  }
}
