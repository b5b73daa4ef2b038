/** What stands for every operation that is not known. */
export const otherOperation = 'OTHER'

const known = new Set([
  'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE', 'COPY', 'CALL', 'DO', 'EXPLAIN',
  'BEGIN', 'COMMIT', 'ROLLBACK', 'SAVEPOINT', 'RELEASE', 'LOCK',
  'DECLARE', 'FETCH', 'MOVE', 'CLOSE', 'PREPARE', 'EXECUTE', 'DEALLOCATE',
  'LISTEN', 'UNLISTEN', 'NOTIFY', 'SET', 'RESET', 'SHOW', 'DISCARD',
  'CREATE', 'ALTER', 'DROP', 'TRUNCATE', 'COMMENT', 'GRANT', 'REVOKE', 'REFRESH',
  'VACUUM', 'ANALYZE', 'REINDEX', 'CLUSTER', 'CHECKPOINT'
])

const synonyms = new Map([
  ['START', 'BEGIN'], ['END', 'COMMIT'], ['ABORT', 'ROLLBACK'], ['VALUES', 'SELECT'], ['TABLE', 'SELECT']
])

const firstKeyword = /^(?:\s|\(|--[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*\*\/)*([a-z]+)/i

/** The operation of a command tag: its first word, or `OTHER` when PostgreSQL is not known to have it. */
export function operationOfTag (tag: string): string {
  const space = tag.indexOf(' ')
  return bounded(space === -1 ? tag : tag.slice(0, space))
}

/** The operation of a statement that came to no command tag: its first keyword after comments, or `OTHER`. */
export function operationOfText (text: string): string {
  return bounded(firstKeyword.exec(text.slice(0, 4096))?.[1]?.toUpperCase() ?? '')
}

/** Tells whether a statement with the tag ROLLBACK only goes back to a savepoint, so that its transaction goes on. */
export function isToSavepoint (text: string): boolean {
  return /\brollback\s+(?:work\s+|transaction\s+)?to\b/i.test(text)
}

function bounded (word: string): string {
  const operation = synonyms.get(word) ?? word
  return known.has(operation) ? operation : otherOperation
}
