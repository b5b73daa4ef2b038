/** What the page has to know of the service that it is a page of. */
export interface Settings {
  title: string
  version: string
  /** Path that the page lies below, without a slash at its end; empty for `/`. */
  base: string
  /** Paths of what the page reads and links to; null where there is none. */
  metrics: string | null
  health: string | null
  journal: string | null
  docs: string | null
  /** Whether storing alerts asks for no token, so that a test alert can be sent. */
  testAlerts: boolean
  /** The port that answers while this one does not; null when there is none. */
  managementPort: number | null
}
