import { parseEnv } from 'node:util'

/** A setting, whose value in quotes may have several lines, or a line that is none. */
const parts = /^[^\S\n]*(?:export[^\S\n]+)?([^\s=#"'`]+)[^\S\n]*=[^\S\n]*((?:"[^"]*"|'[^']*'|`[^`]*`)?.*)$|^.*$/gm

/**
 * Returns the settings of a text such as that of a file `.env`, each as Node.js parses it. Throws an Error that begins
 * with the path and has the number of the first line that is no setting, but never its text, which may be a secret.
 */
export function parseEnvFile (text: string, path: string): NodeJS.Dict<string> {
  const settings: NodeJS.Dict<string> = {}
  const wrong: number[] = []
  for (const { 0: part, 1: name, 2: value, index } of text.matchAll(parts)) {
    // One by one: Node.js 20 takes a line of blanks for a part of the next name, later ones the next line for a value.
    if (name !== undefined) Object.assign(settings, parseEnv(`${name}=${value}\n`))
    else if (!/^\s*(#|$)/.test(part)) wrong.push(text.slice(0, index).split('\n').length)
  }
  if (wrong.length === 0) return settings
  const others = wrong.length > 1 ? `, nor in ${wrong.length - 1} more` : ''
  throw new Error(`${path} has no setting in line ${wrong[0]}${others}: write NAME=value, or # before a comment`)
}
