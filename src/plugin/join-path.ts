/** Joins a prefix and a path with one slash where they meet, and none at the end, as in `/internal` + `/metrics`. */
export function joinPath (prefix: string, path: string): string {
  return `${prefix.replace(/\/+$/, '')}${path}`.replace(/\/+$/, '')
}
