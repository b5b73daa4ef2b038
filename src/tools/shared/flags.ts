import { readArguments } from './arguments.js'

export interface Flag {
  help: string
  /** What stands for its value in the help; a switch has none. */
  value?: string
  /** Whether its value is a list with commas; it may then be given several times, which add up to one list. */
  list?: true
  default?: string
  /** Environment variable that is read when the flag is not given. */
  env?: string
  /** Environment variables that may have the port of the default, which is a URL; the first that is set counts. */
  ports?: readonly string[]
}

export type Values<T extends Record<string, Flag>> = {
  [K in keyof T]: T[K] extends { value: string } ? string : boolean
}

/**
 * Reads flags from the command line, and what is not there from the environment; an empty variable counts as not set.
 * Throws an Error that names what it cannot make sense of.
 */
export function readFlags<T extends Record<string, Flag>> (
  flags: T,
  args: string[],
  environment: Record<string, string | undefined>
): Values<T> {
  const options = Object.fromEntries(Object.entries(flags).map(([name, { value, list = false }]) => [
    name,
    {
      type: value === undefined ? 'boolean' as const : 'string' as const,
      multiple: list,
      ...name === 'help' && { short: 'h' }
    }
  ]))
  const { values } = readArguments({ args, options })
  return Object.fromEntries(Object.entries(flags).map(([name, {
    value,
    env = '',
    ports = [],
    default: initial = ''
  }]) => {
    const asked = values[name]
    const given = (Array.isArray(asked) ? asked.join(',') : asked) ?? (environment[env] || undefined)
    const port = ports.map(name => environment[name]).find(Boolean)
    const fallback = port === undefined ? initial : initial.replace(/:\d+$/, `:${port}`)
    return [name, value === undefined ? Boolean(given) : given ?? fallback]
  })) as Values<T>
}

/** The flags as a table for people. */
export function flagsTable (flags: Record<string, Flag>): string {
  const rows = Object.entries(flags).map(([name, { value, help, default: initial, env, ports = [] }]) => {
    const origins = [
      ...initial ? [`default ${initial}`] : [],
      ...ports.length > 0 ? [`its port by ${ports.join(' or ')}`] : [],
      ...env ? [`or ${env}`] : []
    ]
    return [
      `--${name}${value === undefined ? '' : ` ${value}`}`,
      help + (origins.length > 0 ? ` (${origins.join(', ')})` : '')
    ]
  })
  const width = Math.max(...rows.map(([flag]) => (flag as string).length))
  return rows.map(([flag, help]) => `  ${(flag as string).padEnd(width)}  ${help}`).join('\n')
}

/**
 * An origin such as `http://localhost:8000`, with what is before the path and without a last slash. Throws an Error
 * that names the flag when it is none.
 */
export function readUrl (flag: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new Error(`--${flag} is not a URL such as http://localhost:8000: ${JSON.stringify(text)}`)
  }
  url.pathname = url.pathname.replace(/\/+$/, '')
  return url
}

/** A whole number within bounds. Throws an Error that shows the value when it is not. */
export function readInteger (flag: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new Error(`--${flag} must be a whole number from ${least} to ${most}, not ${JSON.stringify(text)}`)
  }
  return value
}
