// What the benchmark needs of the recording core beside the plugin, in one place.

export interface Recorder {
  record: (seconds: number) => void
}

export interface LabelSet {
  method: string
  route: string
  status_code: string
}

/** One histogram family with the default naming's labels and buckets: 14 series for each set of labels. */
export interface Family {
  /** Records into the cell of one of the label sets. */
  record: (labelSet: number, seconds: number) => void
  /** What a scrape returns. */
  render: () => Promise<string | Uint8Array> | string | Uint8Array
}

/** Makes a cell that stands alone. */
export function makeCell (): Recorder {
  throw new Error('The cell is not there yet')
}

/** Makes `http_request_duration_seconds` with a cell for each set of labels, and nothing else beside it. */
export function makeFamily (_labelSets: LabelSet[]): Family {
  throw new Error('The exposition is not there yet')
}
