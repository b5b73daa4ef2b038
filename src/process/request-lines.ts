interface Line {
  msg?: string
  reqId?: string
  req?: { method?: string, url?: string }
  res?: { statusCode?: number }
  responseTime?: number
}

/** Requests that are remembered; of one that was forgotten the lines are shown as they are. */
const most = 10_000

/**
 * Makes a function that turns the two lines that Fastify logs of each request into one for people. It returns what
 * becomes of a line of JSON: one that says all of it, or undefined while the request is under way.
 */
export function createRequestLines (): (line: string) => string | undefined {
  const underWay = new Map<string, string>()
  return text => {
    const line = parse(text)
    if (line?.reqId === undefined) return text
    const { reqId, req, res, responseTime = 0, ...rest } = line
    if (line.msg === 'incoming request' && underWay.size < most) {
      underWay.set(reqId, `${req?.method} ${req?.url}`)
      return undefined
    }
    const asked = underWay.get(reqId)
    if (line.msg !== 'request completed' || asked === undefined) return text
    underWay.delete(reqId)
    return `${JSON.stringify({ ...rest, msg: `${asked} ${res?.statusCode} in ${responseTime.toFixed(1)} ms` })}\n`
  }
}

function parse (text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line
  } catch {
    return undefined
  }
}
