import { isId } from './constraints.js'
import { InvalidInput } from './errors.js'

/** The position of a page's last alert. */
export interface Position {
  /** RFC 3339 in UTC, to the microsecond. */
  startsAt: string
  id: string
}

/** Encodes a position as opaque text that is safe in a URL. */
export function encodeCursor ({ startsAt, id }: Position): string {
  return Buffer.from(`${startsAt}/${id}`).toString('base64url')
}

/** Reads what `encodeCursor` wrote. Throws InvalidInput for any other text. */
export function decodeCursor (cursor: string): Position {
  const [startsAt = '', id = ''] = Buffer.from(cursor, 'base64url').toString().split('/')
  if (!isMicrosecond(startsAt) || !isId(id) || encodeCursor({ startsAt, id }) !== cursor) {
    throw new InvalidInput(
      'querystring/cursor',
      'is not a cursor of this service: send the "next" of the page before, or leave it out'
    )
  }
  return { startsAt, id }
}

// Converted there and back, since Date takes the 30th of February for the 2nd of March.
function isMicrosecond (text: string): boolean {
  const match = /^([1-3]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})\d{3}Z$/.exec(text)
  if (match === null) return false
  const date = new Date(`${match[1]}Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString() === `${match[1]}Z`
}
