interface Line {
  level: number
  msg?: string
  reqId?: string
  req?: { method?: string, url?: string }
  res?: { statusCode?: number }
  responseTime?: number
  code?: string
  reason?: string
}

interface Pending {
  what: string
  /** The line that the database is unavailable, which is merged into the request's own. */
  unavailable?: Line
}

/** Requests under way that are remembered. The lines of one that was forgotten are shown as they are. */
const most = 10_000
const begin = 'incoming request'
const ends: Record<string, string> = {
  'request completed': '',
  'request errored': ', but the answer could not be sent',
  'request aborted': ', until the client left'
}
const unavailable = 'Database unavailable'

/**
 * Creates a function that merges the log lines of each request into one for people, which says why a request was
 * refused. The function takes a line of JSON and returns what to show in its place: the merged line at the end of a
 * request, undefined before that, and any other line as it is.
 */
export function createRequestLines (): (line: string) => string | undefined {
  const underWay = new Map<string, Pending>()
  return text => {
    const line = parse(text)
    if (line?.reqId === undefined) return text
    const { reqId, msg = '', req } = line
    if (msg === begin) {
      // The oldest one is unlikely to end: no line tells when some clients leave.
      if (underWay.size >= most) underWay.delete(underWay.keys().next().value as string)
      underWay.set(reqId, { what: `${req?.method} ${req?.url}` })
      return undefined
    }
    const asked = underWay.get(reqId)
    if (asked === undefined) return text
    if (msg === unavailable) {
      asked.unavailable = line
      return undefined
    }
    if (ends[msg] === undefined) return text
    underWay.delete(reqId)
    return `${JSON.stringify(merged(asked, line))}\n`
  }
}

function merged ({ what, unavailable: before }: Pending, { reqId, req, res, responseTime = 0, ...line }: Line): object {
  const { code, reason, ...rest } = before === undefined ? line : { ...line, ...because(before) }
  const why = [reason, code].filter(word => word !== undefined)
  const status = res === undefined ? '' : ` ${res.statusCode}`
  return {
    ...rest,
    msg: `${what}${status} in ${responseTime.toFixed(1)} ms${ends[line.msg ?? '']}` +
      (why.length > 0 ? `: ${why.join(', ')}` : '')
  }
}

function because ({ level, msg, code, reason }: Line) {
  const why = [msg, reason].filter(word => word !== undefined).join(', ')
  return { level, reason: why, ...code !== undefined && { code } }
}

function parse (text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line
  } catch {
    return undefined
  }
}
