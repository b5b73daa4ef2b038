const predicates: Record<string, string> = {
  ENOENT: 'cannot be opened: there is no such file or directory',
  EEXIST: 'exists: give another name',
  EACCES: 'may not be opened by this user',
  EPERM: 'may not be opened by this user',
  EISDIR: 'is a directory',
  ENOTDIR: 'cannot be opened: a part of its path is a file',
  EROFS: 'cannot be written: its file system is read-only',
  ENOSPC: 'cannot be written: no space is left there'
}

/** Makes what throws an Error of a sentence for one of the file system, by its path, and others as they are. */
export function explainFile (path: string): (error: NodeJS.ErrnoException) => never {
  return error => {
    const predicate = predicates[error.code ?? '']
    throw predicate === undefined ? error : new Error(`${path} ${predicate}`)
  }
}
