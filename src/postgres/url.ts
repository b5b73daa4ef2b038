import { checkParameters } from './url-parameters.js'

export interface DatabaseUrl {
  /** With the first host alone. */
  url: URL
  /** All hosts, with their ports. */
  hosts: string
}

/**
 * Reads a database URL, which, other than a URL may, can have several hosts with commas between them.
 * Throws a TypeError when it cannot be read.
 */
export function readDatabaseUrl (text: string): DatabaseUrl {
  const [, scheme = '', login = '', named = '', rest = ''] = /^([^:]*:\/\/)([^/?#]*@)?([^/?#]*)(.*)$/s.exec(text) ?? []
  const hosts = named === '' ? 'localhost' : named
  return { url: new URL(scheme + login + hosts.replace(/,.*/s, '') + rest), hosts }
}

/**
 * What postgres.js is given for a database URL: it does not know the parameters `host`, `port`, `user` and `password`,
 * which libpq has (https://www.postgresql.org/docs/current/libpq-connect.html), and by which a Unix socket is named, as
 * `?host=/run/postgresql`. Of `sslrootcert` it knows what `system` means, and yet sends it to the server.
 * Throws WrongParameters when the URL has some that are no settings of PostgreSQL, and a TypeError when it cannot be
 * read.
 */
export function databaseUrl<T extends object> (text: string, options: T): [url: string, options: T] {
  const { url } = readDatabaseUrl(text)
  // A "#" in a password ends the URL, and what is before it would be taken for the host.
  if (url.hash !== '') throw new TypeError('URL with a fragment')
  checkParameters(url.searchParams)
  const found: Record<string, string> = {}
  let unlessTold = {}
  const kept = [...url.searchParams].filter(([name, value]) => {
    if (name === 'sslrootcert') {
      unlessTold = { ssl: 'verify-full' }
      return false
    }
    if (!['host', 'port', 'user', 'password'].includes(name)) return true
    found[name] = value
    return false
  })
  // A login without a host, as libpq has it where the host is a parameter, cannot be read as a URL.
  const complete = text.replace(/^([^:]*:\/\/[^/?#]*@)(?=[/?]|$)/, '$1localhost')
  if (kept.length === url.searchParams.size) return [complete, options]
  const search = new URLSearchParams(kept).toString()
  return [complete.replace(/\?.*$/s, '') + (search === '' ? '' : `?${search}`), { ...unlessTold, ...options, ...found }]
}
