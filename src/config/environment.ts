import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'

/**
 * Returns the environment variables, with those that a file `.env` in the working directory adds. The environment goes
 * before the file, as in Docker Compose. Throws an Error with a sentence when the file is there but cannot be read.
 */
export function readEnvironment (): NodeJS.Dict<string> {
  if (!existsSync('.env')) return process.env
  try {
    return { ...parseEnv(readFileSync('.env', 'utf8')), ...process.env }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(`The file ${resolve('.env')} cannot be read (${code}): let this user read it, or take it away`)
  }
}
