import { flagsTable, readFlags, readInteger, readUrl } from '../shared/flags.js'
import { kinds, readMix, type LoadRequest } from './mix.js'

export interface Options {
  url: URL
  seconds: number
  connections: number
  pipelining: number
  /** Requests per second in all; 0 is as fast as it answers. */
  rate: number
  requests: LoadRequest[]
}

const flags = {
  url: {
    value: 'URL',
    default: 'http://localhost:8000',
    ports: ['APP_PORT', 'PORT'],
    env: 'LOAD_URL',
    help: 'The service'
  },
  seconds: { value: 'N', default: '20', env: 'LOAD_SECONDS', help: 'How long, from 1 to 3600' },
  connections: { value: 'N', default: '10', env: 'LOAD_CONNECTIONS', help: 'How many at once, from 1 to 1000' },
  rate: { value: 'N', default: '0', env: 'LOAD_RATE', help: 'Requests per second in all; 0 is as fast as it answers' },
  pipelining: {
    value: 'N',
    default: '1',
    env: 'LOAD_PIPELINING',
    help: 'Requests under way on each connection, from 1 to 100'
  },
  mix: {
    value: 'LIST',
    list: true,
    default: 'list=6,store=2,summary=1,health=1,live=1',
    env: 'LOAD_MIX',
    help: 'What is asked, with shares; may be repeated'
  },
  help: { help: 'This text' }
} as const

export const help = `Asks the service as fast as it answers, shows how fast that is, and compares what autocannon sent
with what the service counted: exit code 0 when the numbers are equal, else 1.

npm run load -- [flags]

${flagsTable(flags)}

Variables are also read from a file .env here, as Docker Compose does.

A mix has one or more of ${Object.keys(kinds).join(', ')}. "store" posts an alert that is over, named
LoadTest; where the service asks for a token, JOURNAL_TOKEN must be set.
`

/**
 * Reads the command line and the environment; undefined when help is asked for. Throws an Error that says what is
 * wrong.
 */
export function readOptions (args: string[], environment: Record<string, string | undefined>): Options | undefined {
  const values = readFlags(flags, args, environment)
  if (values.help) return undefined
  return {
    url: readUrl('url', values.url),
    seconds: readInteger('seconds', values.seconds, 1, 3600),
    connections: readInteger('connections', values.connections, 1, 1000),
    rate: readInteger('rate', values.rate, 0, 1_000_000),
    pipelining: readInteger('pipelining', values.pipelining, 1, 100),
    requests: readMix(values.mix, environment['JOURNAL_TOKEN'] ?? '')
  }
}
