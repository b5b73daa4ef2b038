import type { Settings } from '../settings.js'

/** The settings that the service wrote into the document. */
export const settings: Settings = JSON.parse(
  document.querySelector<HTMLMetaElement>('meta[name=settings]')?.content ?? '{}'
)

/** Origin of the management port, for while the main port does not answer; undefined where browsers cannot ask it. */
export const management: string | undefined = settings.managementPort !== null && location.protocol === 'http:'
  ? `http://${location.hostname}:${settings.managementPort}`
  : undefined
