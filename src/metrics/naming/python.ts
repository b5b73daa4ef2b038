import { canonicalNumber } from '../canonical-number.js'
import { overflow } from '../catalogue.js'

/** Writes a bucket's bound as Python's prometheus_client does: `1.0`, `0.075`, `1.048576e+06`. */
export function pythonBound (bound: number): string {
  return canonicalNumber(String(bound))
}

/** The exception classes of Python's database API that psycopg's errors belong to. */
export const exceptions = [
  'DataError', 'DatabaseError', 'IntegrityError', 'InterfaceError', 'InternalError', 'NotSupportedError',
  'OperationalError', 'ProgrammingError'
] as const

type Exception = typeof exceptions[number]

/** By the first two characters of a SQLSTATE, or else its first, as psycopg 3 has it. */
const byState: Readonly<Record<string, Exception>> = {
  '08': 'OperationalError',
  '0A': 'NotSupportedError',
  20: 'ProgrammingError',
  21: 'ProgrammingError',
  22: 'DataError',
  23: 'IntegrityError',
  24: 'InternalError',
  25: 'InternalError',
  26: 'ProgrammingError',
  27: 'OperationalError',
  28: 'OperationalError',
  '2B': 'InternalError',
  '2D': 'InternalError',
  '2F': 'OperationalError',
  34: 'ProgrammingError',
  38: 'OperationalError',
  39: 'OperationalError',
  '3B': 'OperationalError',
  '3D': 'ProgrammingError',
  '3F': 'ProgrammingError',
  40: 'OperationalError',
  42: 'ProgrammingError',
  44: 'ProgrammingError',
  53: 'OperationalError',
  54: 'OperationalError',
  55: 'OperationalError',
  57: 'OperationalError',
  58: 'OperationalError',
  F: 'OperationalError',
  H: 'OperationalError',
  P: 'ProgrammingError',
  X: 'InternalError'
}

/** Errors of postgres.js that are its caller's. */
const byCode: Readonly<Record<string, Exception>> = {
  COPY_IN_PROGRESS: 'InterfaceError',
  MAX_PARAMETERS_EXCEEDED: 'InterfaceError',
  MESSAGE_NOT_SUPPORTED: 'NotSupportedError',
  NOT_TAGGED_CALL: 'InterfaceError',
  UNDEFINED_VALUE: 'InterfaceError',
  UNSAFE_TRANSACTION: 'InterfaceError'
}

/** The Python exception class that an error would be: by its SQLSTATE, or else its code in postgres.js or Node.js. */
export function exceptionOf (code: string): string {
  if (code === overflow) return code
  // A SQLSTATE has a digit, unlike codes of five letters such as EPIPE.
  if (/^(?=.*\d)[0-9A-Z]{5}$/.test(code)) {
    return byState[code.slice(0, 2)] ?? byState[code.slice(0, 1)] ?? 'DatabaseError'
  }
  return byCode[code] ?? 'OperationalError'
}
