import type { Query } from './driver.js'

/** Stands for every operation that is not known. */
const otherOperation = 'OTHER'

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

const mains = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE', 'VALUES', 'TABLE'])

/** Comments, strings and quoted names, which may hold anything; parentheses; words. */
const tokens = /--[^\n]*|\/\*(?:[^*]|\*(?!\/))*\*\/|\$(\w*)\$[^]*?\$\1\$|'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]|[a-z_]\w*/gi

const firstKeyword = /^(?:\s|\(|--[^\n]*\n|\/\*(?:[^*]|\*(?!\/))*\*\/)*([a-z]+)/i

/** The operation of a command tag: its first word, or `OTHER` when PostgreSQL is not known to have it. */
export function operationOfTag (tag: string): string {
  const space = tag.indexOf(' ')
  return bounded(space === -1 ? tag : tag.slice(0, space))
}

/** The operation of a statement that came to no command tag: its first keyword after comments, or `OTHER`. */
export function operationOfText (text: string): string {
  const looked = text.slice(0, 4096)
  const word = firstKeyword.exec(looked)?.[1]?.toUpperCase() ?? ''
  return bounded(word === 'WITH' ? mainKeyword(looked) : word)
}

/** The operation of a query that came to no command tag. */
export function operationOfQuery (query: Query): string {
  return query.onlyDescribe === true ? 'DESCRIBE' : operationOfText(query.strings.join('$'))
}

/** The keyword of the statement that follows the queries of a WITH, which is its operation to PostgreSQL, too. */
function mainKeyword (text: string): string {
  let depth = 0
  for (const [token] of text.matchAll(tokens)) {
    if (token === '(') depth++
    else if (token === ')') depth--
    else if (depth === 0 && mains.has(token.toUpperCase())) return token.toUpperCase()
  }
  return ''
}

function bounded (word: string): string {
  const operation = synonyms.get(word) ?? word
  return known.has(operation) ? operation : otherOperation
}
