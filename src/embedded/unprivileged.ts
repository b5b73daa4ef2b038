import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Runs one of PostgreSQL's programs; as the user nobody, if this process is root's. */
export async function unprivileged (command: string, args: string[]): Promise<void> {
  await run(...asNobody(command, args), { env: { LC_ALL: 'C' } })
}

/**
 * Returns the command that runs a program as the user nobody, if this process is root's: PostgreSQL refuses to run as
 * root. That user cannot read a checkout below /root, so it is given one capability, and the bit without which
 * access(2) ignores that.
 */
export function asNobody (command: string, args: string[]): [string, string[]] {
  if (process.getuid?.() !== 0) return [command, args]
  const nobody = [
    '--reuid=65534',
    '--regid=65534',
    '--clear-groups',
    '--securebits=+no_setuid_fixup',
    '--inh-caps=-all,+dac_override',
    '--ambient-caps=-all,+dac_override'
  ]
  return ['setpriv', [...nobody, '--', command, ...args]]
}
