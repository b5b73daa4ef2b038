export interface LoadRequest {
  method: string
  path: string
  /** The route under which the service counts it. */
  route: string
  headers?: Record<string, string>
  body?: string
}

/**
 * The kinds of requests that a mix can have. Readiness is not one of them, since orchestrators ask it as well and would
 * be counted with us.
 */
export const kinds: Record<string, (token: string) => LoadRequest> = {
  list: () => get('/api/alerts?limit=20', '/api/alerts'),
  summary: () => get('/api/alerts/summary'),
  missing: () => get('/api/alerts/0', '/api/alerts/:id'),
  health: () => get('/health/', '/health'),
  live: () => get('/health/live/', '/health/live'),
  store: token => ({
    method: 'POST',
    path: '/api/alerts',
    route: '/api/alerts',
    headers: { 'content-type': 'application/json', ...token !== '' && { authorization: `Bearer ${token}` } },
    body: JSON.stringify(payload)
  })
}

function get (path: string, route = path): LoadRequest {
  return { method: 'GET', path, route }
}

// One alert that is over, the same each time: the journal stores it once, and nothing fires.
const payload = {
  version: '4',
  groupKey: '{}:{alertname="LoadTest"}',
  status: 'resolved',
  receiver: 'load',
  externalURL: 'http://localhost:9093',
  alerts: [{
    status: 'resolved',
    labels: { alertname: 'LoadTest', severity: 'info' },
    annotations: { summary: 'Made by npm run load' },
    startsAt: '2026-01-01T00:00:00Z',
    endsAt: '2026-01-01T00:00:01Z',
    generatorURL: '',
    fingerprint: '10ad10ad10ad10ad'
  }]
}

/**
 * Reads a mix such as `list=6,store=1`, and returns its requests in the order in which each connection asks them.
 * Throws an Error that shows the part that is wrong.
 */
export function readMix (text: string, token: string): LoadRequest[] {
  const shares = text.split(',').map(part => {
    const [, name = '', share = '1'] = /^\s*(\w+)\s*(?:=\s*(\d{1,2})\s*)?$/.exec(part) ?? []
    const make = kinds[name]
    if (make === undefined || Number(share) < 1) {
      throw new Error(
        `--mix does not know ${JSON.stringify(part)}: give one or more of ${Object.keys(kinds).join(', ')}, ` +
        'each with a share from 1 to 99, as in list=6,store=1'
      )
    }
    return { request: make(token), share: Number(share) }
  })
  return interleave(shares)
}

// Spread evenly, so that the rare requests do not come in bursts.
function interleave (shares: Array<{ request: LoadRequest, share: number }>): LoadRequest[] {
  return shares
    .flatMap(({ request, share }) => Array.from(
      { length: share },
      (_, index) => ({ request, at: (index + 0.5) / share })
    ))
    .sort((one, other) => one.at - other.at)
    .map(({ request }) => request)
}
