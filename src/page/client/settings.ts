import type { Settings } from '../settings.js'

/** What the document says of the service. */
export const settings: Settings = JSON.parse(
  document.querySelector<HTMLMetaElement>('meta[name=settings]')?.content ?? '{}'
)

/** Where the service answers while its main port does not; undefined when a browser may not or cannot ask there. */
export const management: string | undefined = settings.managementPort !== null && location.protocol === 'http:'
  ? `http://${location.hostname}:${settings.managementPort}`
  : undefined
