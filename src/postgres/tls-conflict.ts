import { readDatabaseUrl } from './url.js'

// https://www.postgresql.org/docs/current/libpq-ssl.html: how much each word asks for.
const strengths: Readonly<Record<string, number>> = {
  disable: 0,
  false: 0,
  allow: 1,
  prefer: 1,
  require: 2,
  true: 3,
  'verify-ca': 3,
  'verify-full': 3
}
const full = 3
/** What comes of each strength that is not the full one. */
const effects = [
  'connections would not be encrypted',
  'connections would not be encrypted where the server has no TLS',
  "the server's certificate would not be verified"
]

/** Something that says how much TLS connections have, as it is written. */
interface Wish {
  of: 'tls' | 'driver.ssl' | 'driver.sslnegotiation' | 'the URL'
  text: string
  strength: number
}

/** Two things of which one asks for more TLS than there would be by the other, which counts. */
export interface TlsConflict {
  /** Undefined where nothing asks for TLS, though the other needs it. */
  counts: Wish | undefined
  asked: Wish
  effect: string
}

interface TlsOptions {
  url: string
  tls?: 'disable' | 'require' | 'verify-full' | undefined
  driver?: { ssl?: unknown, sslnegotiation?: unknown }
}

/**
 * Returns what would have connections with less TLS than something else asks for: an option goes before the URL, and
 * `sslmode` there before `ssl`. More than that is no conflict. Undefined also for a URL that cannot be read.
 */
export function tlsConflict ({ url, tls, driver = {} }: TlsOptions): TlsConflict | undefined {
  const parameters = parametersOf(url)
  const ofUrl = ['ssl', 'sslmode', 'sslrootcert'].flatMap(name => parameters.getAll(name).flatMap(value => {
    const strength = name === 'sslrootcert' ? full : strengths[value]
    return strength === undefined ? [] : [{ of: 'the URL' as const, text: `${name}=${value}`, strength }]
  }))
  const counts = ofOptions(tls, driver.ssl) ?? ofUrl.at(-1)
  const strongest = [...ofUrl, ...negotiation(parameters, driver)]
    .reduce<Wish | undefined>((most, wish) => wish.strength > (most?.strength ?? 0) ? wish : most, undefined)
  const strength = counts?.strength ?? 0
  return strongest === undefined || strongest.strength <= strength
    ? undefined
    : { counts, asked: strongest, effect: effects[strength] as string }
}

function ofOptions (tls: TlsOptions['tls'], ssl: unknown): Wish | undefined {
  if (tls !== undefined) return { of: 'tls', text: `'${tls}'`, strength: strengths[tls] as number }
  if (ssl === undefined) return undefined
  const of = 'driver.ssl'
  if ((ssl as { rejectUnauthorized?: unknown } | null)?.rejectUnauthorized === false) {
    return { of, text: '{ rejectUnauthorized: false }', strength: 2 }
  }
  if (ssl === false) return { of, text: 'false', strength: 0 }
  // To postgres.js, all others are options of TLS, which verifies.
  const isWord = ssl === 'allow' || ssl === 'prefer' || ssl === 'require'
  return { of, text: `'${String(ssl)}'`, strength: isWord ? strengths[ssl] as number : full }
}

/** TLS that begins at once needs some, however much. */
function negotiation (parameters: URLSearchParams, driver: { sslnegotiation?: unknown }): Wish[] {
  const { sslnegotiation: option } = driver
  const value = option ?? parameters.getAll('sslnegotiation').at(-1)
  if (value !== 'direct') return []
  return [{
    of: option === undefined ? 'the URL' : 'driver.sslnegotiation',
    text: option === undefined ? 'sslnegotiation=direct' : "'direct'",
    strength: 1
  }]
}

function parametersOf (url: string): URLSearchParams {
  try {
    return readDatabaseUrl(url).url.searchParams
  } catch {
    // The client says what is wrong with it.
    return new URLSearchParams()
  }
}
