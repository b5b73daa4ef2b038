/** What to do about a disk that is full. */
export const makeRoom = 'make room there, of which an empty database takes some 50 MB, ' +
  'or set DATA_DIR to a directory on another disk'

/** What one of PostgreSQL's programs failed of, and what to do where that is known. */
export function complaintOf (error: unknown): string {
  const { message, stderr = '' } = error as Error & { stderr?: string }
  return withAdvice(lastFatal(stderr) ?? firstComplaint(stderr) ?? message)
}

/** What a server that ended said last of why, without the time and its process. */
export function lastFatal (log: string): string | undefined {
  return log.split('\n').findLast(line => line.includes('FATAL:'))?.replace(/^.*FATAL: */, '')
}

/** The first line that tells of a failure, without the name of the program. */
export function firstComplaint (output: string): string | undefined {
  return output.split('\n').find(line => /error|could not|cannot|fatal/i.test(line))?.replace(/^\w+: error: /, '')
}

/** A complaint, and what to do where that is known. */
export function withAdvice (complaint: string): string {
  return /No space left on device|Disk quota exceeded/.test(complaint) ? `${complaint}: ${makeRoom}` : complaint
}
