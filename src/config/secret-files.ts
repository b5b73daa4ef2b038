import { readFileSync } from 'node:fs'

/** Variables whose value may be in a file, at the path in the variable of the same name with `_FILE` at its end. */
export const secretNames = ['DATABASE_URL', 'PGPASSWORD', 'JOURNAL_TOKEN', 'MANAGEMENT_TOKEN'] as const

type Environment = Record<string, string | undefined>

/**
 * Returns the environment with the secrets read from their files, such as
 * `JOURNAL_TOKEN_FILE=/run/secrets/journal_token`, without the line break at the end of each. Throws an Error with a
 * sentence that names the variable and the file, and never shows a secret, when the file cannot be read or is empty, or
 * when the variable itself is set as well.
 */
export function withSecretFiles (environment: Environment): Environment {
  const secrets = secretNames.flatMap(name => {
    const file = environment[`${name}_FILE`]
    return file ? [[name, readSecret(name, file, environment)]] : []
  })
  return { ...environment, ...Object.fromEntries(secrets) }
}

function readSecret (name: string, file: string, environment: Environment): string {
  if (environment[name]) throw new Error(`${name} and ${name}_FILE are both set: set one of them`)
  const secret = read(name, file).replace(/\r?\n$/, '')
  if (secret === '') {
    throw new Error(
      `${name}_FILE is ${JSON.stringify(file)}, but that file is empty: write the secret into it, or unset ${name}_FILE`
    )
  }
  return secret
}

function read (name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = {
      ENOENT: 'there is no such file',
      EACCES: 'this user may not read it',
      EISDIR: 'it is a directory'
    }[code ?? ''] ??
      code
    throw new Error(`${name}_FILE is ${JSON.stringify(file)}, but ${why}: give the path of a file with the secret`)
  }
}
