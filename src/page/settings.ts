/** What the page has to know of its service. */
export interface Settings {
  title: string
  version: string
  /** The path that the page is below, without a slash at its end; empty for `/`. */
  base: string
  /** The paths that the page reads and links to; null where there are none. */
  metrics: string | null
  health: string | null
  journal: string | null
  docs: string | null
  /** Whether alerts can be stored without a token, so that the page can offer to send a test alert. */
  testAlerts: boolean
  /** The port that answers while this one does not; null when there is none. */
  managementPort: number | null
}
