import { codeOf } from '../error-code.js'
import { safeMessage } from '../log.js'
import { MigrationsDiffer } from '../postgres/errors.js'
import { MigrationsDenied } from '../postgres/migration-rights.js'
import { refusedParameter } from '../postgres/refused-parameter.js'
import { adviceOn } from '../postgres/url-parameters.js'
import { readDatabaseUrl } from '../postgres/url.js'

/**
 * Says in a sentence why an address cannot be listened on, and what to do.
 * @param prefix - of the variables that set it, such as `MANAGEMENT_`
 */
export function explainListen (error: unknown, { host, port }: { host: string, port: number }, prefix = ''): string {
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is in use by another program: stop that one, or set ${prefix}PORT to another port`
    case 'EACCES':
      return `Port ${port} on ${host} needs rights that this user does not have: set ${prefix}PORT to one above 1023`
    case 'ENOTFOUND':
    case 'EADDRNOTAVAIL':
      return `This machine has no address ${host}: set ${prefix}HOST to one that it has, or to 0.0.0.0 for all`
    default:
      return `Cannot listen on ${host} port ${port}: ${messageOf(error)}`
  }
}

/** Says in a sentence why the database cannot be used, and what to do. Never shows the password of the URL. */
export function explainDatabase (error: unknown, url: string): string {
  if (error instanceof MigrationsDiffer) return error.message
  if (error instanceof MigrationsDenied) {
    return error.message + (error.byAnother ? ', and set MIGRATE_ON_START=false' : '')
  }
  const { hosts: host, url: { pathname, username, searchParams } } = readDatabaseUrl(url)
  const code = codeOf(error)
  const parameter = refusedParameter(error)
  if (parameter !== undefined) {
    const what = code === '42704' || code === '08P01' ? parameter : `the value of ${parameter}`
    return `PostgreSQL at ${host} does not take ${what} (${code}), a parameter of DATABASE_URL: ${adviceOn(parameter)}`
  }
  const user = searchParams.getAll('user').at(-1) ?? decodeURIComponent(username)
  const database = decodeURIComponent(pathname.slice(1)) || user
  switch (code) {
    case 'ECONNREFUSED':
      return `No PostgreSQL answers at ${host} (${code}): start it, or correct DATABASE_URL`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `There is no host ${host} (${code}): correct DATABASE_URL`
    case 'CONNECT_TIMEOUT':
      return `What is at ${host} does not answer in time as a PostgreSQL does (${code}): ` +
        'is it one? Check the network, correct DATABASE_URL, or raise DATABASE_CONNECT_TIMEOUT_SECONDS'
    case 'CONNECTION_CLOSED':
      return `What answers at ${host} closes connections before it has let anybody in (${code}): ` +
        'is it a PostgreSQL, and is it up?'
    case 'NOT_POSTGRESQL':
      return `What answers at ${host} is no PostgreSQL (${code}): correct DATABASE_URL`
    case 'TLS_NOT_SUPPORTED':
      return `PostgreSQL at ${host} has TLS turned off (${code}): turn it on there (ssl = on), ` +
        'or, on a network that nobody else reaches, set DATABASE_TLS=disable, with no other sslmode in DATABASE_URL'
    case '28P01':
    case '28000':
      return `PostgreSQL at ${host} does not let user ${user} in (${code}): ` +
        'correct the user or password in DATABASE_URL'
    case '3D000':
      return `PostgreSQL at ${host} has no database ${database} (${code}): create it, or correct DATABASE_URL`
    case '42501':
      if ((error as { severity?: string }).severity !== 'FATAL') break
      return `User ${user} may not connect to the database ${database} (${code}): ` +
        `have its owner execute GRANT CONNECT ON DATABASE ${quoted(database)} TO ${quoted(user)}`
  }
  return `The database at ${host} cannot be prepared: ${messageOf(error)}${code === undefined ? '' : ` (${code})`}`
}

/** Says what is wrong with a database URL, with the name of its variable, which the plugin `postgres` cannot know. */
export function explainUrl (error: unknown): string {
  return messageOf(error).replace(/^The database URL/, 'DATABASE_URL')
}

/** Writes a name as SQL does, in quotes, which some words need to be one. */
function quoted (name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function messageOf (error: unknown): string {
  return error instanceof Error ? safeMessage(error) : String(error)
}
