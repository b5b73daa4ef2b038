import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Runs a program of PostgreSQL, as nobody where this process is root's. */
export async function unprivileged (command: string, args: string[]): Promise<void> {
  await run(...asNobody(command, args), { env: { LC_ALL: 'C' } })
}

// PostgreSQL refuses to run as root. As nobody it could not reach a checkout below /root, hence the one capability,
// and the bit without which access(2) ignores it.
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
