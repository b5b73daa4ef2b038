import { parseArgs, type ParseArgsConfig } from 'node:util'
import { closest } from '../../plugin/suggest.js'

/**
 * Reads a command line, as `parseArgs` of Node.js does. Throws an Error of a sentence that names what it cannot make
 * sense of.
 */
export function readArguments<T extends ParseArgsConfig> (config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config)
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    if (!code.startsWith('ERR_PARSE_ARGS_')) throw error
    const [, unknown] = code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' ? /'(-[^' ]+)/.exec(message) ?? [] : []
    throw new Error(unknown === undefined ? message.split(/\.?\n|\. /)[0] : noOption(unknown, config))
  }
}

function noOption (unknown: string, { options = {} }: ParseArgsConfig): string {
  const names = Object.keys(options)
  if (names.length === 0) return `There is no option ${unknown}, nor any other`
  const meant = closest(unknown.replace(/^-+/, ''), names)
  if (meant !== undefined) return `There is no option ${unknown}: did you mean --${meant}?`
  return `There is no option ${unknown}: there are ${names.map(name => `--${name}`).join(', ')}`
}
