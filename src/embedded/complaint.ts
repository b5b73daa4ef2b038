/** What to do about a disk that is full. */
export const makeRoom = 'make room there, of which an empty database takes some 50 MB, ' +
  'or set DATA_DIR to a directory on another disk'

/** Returns why one of PostgreSQL's programs failed, by its output, and what to do where that is known. */
export function complaintOf (error: unknown): string {
  const { message, stderr = '' } = error as Error & { stderr?: string }
  return withAdvice(lastFatal(stderr) ?? firstComplaint(stderr) ?? message)
}

/** Returns the last FATAL message of a server's log, without its time and process id. */
export function lastFatal (log: string): string | undefined {
  return log.split('\n').findLast(line => line.includes('FATAL:'))?.replace(/^.*FATAL: */, '')
}

/** Returns the first line that tells a failure, without the program's name. */
export function firstComplaint (output: string): string | undefined {
  return output.split('\n').find(line => /error|could not|cannot|fatal/i.test(line))?.replace(/^\w+: error: /, '')
}

/** Appends what to do to a message, where that is known. */
export function withAdvice (complaint: string): string {
  return /No space left on device|Disk quota exceeded/.test(complaint) ? `${complaint}: ${makeRoom}` : complaint
}
