import type { ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'

type Response = ServerResponse & { _header?: string | null, stream?: ServerHttp2Stream }

/** Whether a response that has begun is a stream of events, which goes on until its client leaves. */
export function isEventStream ({ headersSent, _header: head, stream }: Response): boolean {
  if (!headersSent) return false
  // In HTTP/1, a head that was written at once is only there as text.
  const type = stream === undefined
    ? /^content-type: *(.*)$/im.exec(head ?? '')?.[1]
    : stream.sentHeaders?.['content-type']
  return String(type).toLowerCase().startsWith('text/event-stream')
}
