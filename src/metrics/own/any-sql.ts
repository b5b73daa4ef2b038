// No types of postgres.js here: who takes the metrics need not have it.

/** What a postgres.js client has, whoever made it. */
export interface AnySql {
  (...args: never[]): unknown
  begin: (...args: never[]) => unknown
  unsafe: (...args: never[]) => unknown
}

export interface MeasureOptions {
  /** The label `pool`. Empty for a catalogue's first client and a number for later ones, when not given. */
  pool?: string
}
