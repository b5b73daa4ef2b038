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
  const [, scheme = '', login = '', hosts = '', rest = ''] = /^([^:]*:\/\/)([^/?#]*@)?([^/?#]*)(.*)$/s.exec(text) ?? []
  return { url: new URL(scheme + login + hosts.replace(/,.*/s, '') + rest), hosts: hosts === '' ? 'localhost' : hosts }
}
