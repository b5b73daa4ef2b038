import { existsSync, readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

/** The environment, and what a file `.env` in the working directory adds to it, as Docker Compose reads it. */
export function readEnvironment (): NodeJS.Dict<string> {
  return existsSync('.env') ? { ...parseEnv(readFileSync('.env', 'utf8')), ...process.env } : process.env
}
