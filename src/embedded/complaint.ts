/** What to do about a disk that is full. */
export const makeRoom = 'make room there, of which an empty database takes some 50 MB, ' +
  'or set DATA_DIR to a directory on another disk'

// PostgreSQL says the last of a file of which a part was written.
const noRoom = /No space left on device|Disk quota exceeded|wrote only \d+ of \d+ bytes/

const moreSharedMemory = 'make /dev/shm larger, which of a container is its --shm-size, or shm_size in Compose'

/** Returns why one of PostgreSQL's programs failed, by its output, and what to do where that is known. */
export function complaintOf (error: unknown): string {
  const { message, stderr = '' } = error as Error & { stderr?: string }
  return withAdvice(failureIn(stderr) ?? firstComplaint(stderr) ?? message)
}

/**
 * Returns what ended a server by its log, without its time and process id: that there is no room, wherever it says so,
 * for much else comes of that; or else the last PANIC, or the last FATAL, by which whoever comes is refused meanwhile.
 * A full disk may have cut the last line.
 */
export function failureIn (log: string): string | undefined {
  const lines = log.split('\n').slice(0, -1).filter(line => /(ERROR|FATAL|PANIC):/.test(line))
  const found = lines.findLast(line => noRoom.test(line)) ??
    lines.findLast(line => line.includes('PANIC:')) ??
    lines.findLast(line => line.includes('FATAL:'))
  return found?.replace(/^.*(ERROR|FATAL|PANIC): */, '')
}

/** Returns the first line that tells a failure, without the program's name. */
export function firstComplaint (output: string): string | undefined {
  return output.split('\n').find(line => /error|could not|cannot|fatal/i.test(line))?.replace(/^\w+: error: /, '')
}

/** Appends what to do to a message, where that is known. */
export function withAdvice (complaint: string): string {
  if (!noRoom.test(complaint)) return complaint
  return `${complaint}: ${complaint.includes('shared memory') ? moreSharedMemory : makeRoom}`
}
