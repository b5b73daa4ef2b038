import { parseArgs, type ParseArgsConfig } from 'node:util'
import { closest } from '../../plugin/suggest.js'

/**
 * Reads a command line, as `parseArgs` of Node.js does, but for an option that has one value and is given several: that
 * is refused, where `parseArgs` would keep the last. Throws an Error of a sentence that names what it cannot make sense
 * of.
 */
export function readArguments<T extends ParseArgsConfig> (config: T): ReturnType<typeof parseArgs<T>> {
  assertGivenOnce(config)
  try {
    return parseArgs(config)
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    if (!code.startsWith('ERR_PARSE_ARGS_')) throw error
    const [, unknown] = code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' ? /'(-[^' ]+)/.exec(message) ?? [] : []
    throw new Error(unknown === undefined ? message.split(/\.?\n|\. /)[0] : noOption(unknown, config))
  }
}

function assertGivenOnce ({ options = {}, ...config }: ParseArgsConfig): void {
  const { tokens } = parseArgs({ ...config, options, strict: false, tokens: true })
  const given = tokens.flatMap(token => token.kind === 'option' ? [token.name] : [])
  const again = given.find((name, place) =>
    options[name]?.type === 'string' && options[name].multiple !== true && given.indexOf(name) < place)
  if (again !== undefined) throw new Error(`--${again} is given more than once: give it once, for it has one value`)
}

function noOption (unknown: string, { options = {} }: ParseArgsConfig): string {
  const names = Object.keys(options)
  if (names.length === 0) return `There is no option ${unknown}, nor any other`
  const meant = closest(unknown.replace(/^-+/, ''), names)
  if (meant !== undefined) return `There is no option ${unknown}: did you mean --${meant}?`
  if (names.length === 1) return `There is no option ${unknown}: the only option is --${names[0]}`
  return `There is no option ${unknown}: there are ${names.map(name => `--${name}`).join(', ')}`
}
