const longest = 64
const leadingName = /^\s*\/\*\s*([\w.:-]+)\s*\*\//

/**
 * The name that a statement carries in a comment before its first keyword: up to 64 characters of
 * letters, digits, `_`, `.`, `:` and `-`. Empty when there is none or it is anything else.
 */
export function queryName (text: string): string {
  const name = leadingName.exec(text)?.[1]
  return name !== undefined && name.length <= longest ? name : ''
}
