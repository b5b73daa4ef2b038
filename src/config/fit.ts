import type { Config } from './variables.js'

/**
 * Lowers what is not set so that it fits what is: whoever sets `SHUTDOWN_TIMEOUT_MS` alone to 5 s wants all of stopping
 * to be done by then. Nothing is raised above its default.
 * @param isSet - whether a variable was set by somebody
 */
export function fitToWhatIsSet (config: Config, isSet: (name: keyof Config) => boolean): Config {
  const fit = <Name extends keyof Config> (name: Name, most: number) =>
    isSet(name) ? config[name] as number : Math.min(config[name] as number, Math.max(0, most))
  const closing = isSet('DATABASE_CLOSE_TIMEOUT_SECONDS') ? config.DATABASE_CLOSE_TIMEOUT_SECONDS * 1000 : 0
  const left = config.SHUTDOWN_TIMEOUT_MS - config.SHUTDOWN_DRAIN_MS
  // Half of what is left each time, so that as much as the last part stays for what else there is to stop.
  const requests = fit('SHUTDOWN_REQUESTS_TIMEOUT_MS', Math.floor((left - closing) / 2))
  return {
    ...config,
    HEADERS_TIMEOUT_MS: fit('HEADERS_TIMEOUT_MS', config.REQUEST_TIMEOUT_MS),
    STALL_MS: fit('STALL_MS', config.LIVENESS_BLOCKED_MS),
    SHUTDOWN_REQUESTS_TIMEOUT_MS: requests,
    DATABASE_CLOSE_TIMEOUT_SECONDS: fit('DATABASE_CLOSE_TIMEOUT_SECONDS', (left - requests) / 2000)
  }
}
