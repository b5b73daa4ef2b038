import type { Config } from './variables.js'

/**
 * Lowers the variables that are not set so that they fit those that are: whoever sets `SHUTDOWN_TIMEOUT_MS` to 5 s, and
 * nothing else, wants the whole shutdown to be over by then. Never raises one above its default.
 * @param isSet - tells whether somebody has set a variable
 */
export function fitDefaults (config: Config, isSet: (name: keyof Config) => boolean): Config {
  const fit = <Name extends keyof Config> (name: Name, most: number) =>
    isSet(name) ? config[name] as number : Math.min(config[name] as number, Math.max(0, most))
  const closing = isSet('DATABASE_CLOSE_TIMEOUT_SECONDS') ? config.DATABASE_CLOSE_TIMEOUT_SECONDS * 1000 : 0
  const left = config.SHUTDOWN_TIMEOUT_MS - config.SHUTDOWN_DRAIN_MS
  // Each step may take half of the time that is left, so that some remains for whatever else has to stop.
  const requests = fit('SHUTDOWN_REQUESTS_TIMEOUT_MS', Math.floor((left - closing) / 2))
  return {
    ...config,
    HEADERS_TIMEOUT_MS: fit('HEADERS_TIMEOUT_MS', config.REQUEST_TIMEOUT_MS),
    STALL_MS: fit('STALL_MS', config.LIVENESS_BLOCKED_MS),
    SHUTDOWN_REQUESTS_TIMEOUT_MS: requests,
    DATABASE_CLOSE_TIMEOUT_SECONDS: fit('DATABASE_CLOSE_TIMEOUT_SECONDS', (left - requests) / 2000)
  }
}
