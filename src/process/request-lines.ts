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

interface Asked {
  what: string
  /** The line that said that the database cannot serve this, which the request's own line says then. */
  unavailable?: Line
}

/** Requests that are remembered; of one that was forgotten the lines are shown as they are. */
const most = 10_000
const begin = 'incoming request'
const ends: Record<string, string> = {
  'request completed': '',
  'request errored': ', but the answer could not be sent',
  'request aborted': ', until the client left'
}
const unavailable = 'Database unavailable'

/**
 * Makes a function that turns the lines that are logged of each request into one for people, which says why when it was
 * refused. It returns what becomes of a line of JSON: one that says all of it, or undefined while the request is under
 * way.
 */
export function createRequestLines (): (line: string) => string | undefined {
  const underWay = new Map<string, Asked>()
  return text => {
    const line = parse(text)
    if (line?.reqId === undefined) return text
    const { reqId, msg = '', req } = line
    if (msg === begin) {
      // What was not heard of any more: the client left.
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
    return `${JSON.stringify(told(asked, line))}\n`
  }
}

function told ({ what, unavailable: before }: Asked, { reqId, req, res, responseTime = 0, ...line }: Line): object {
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
