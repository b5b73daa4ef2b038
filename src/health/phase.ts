/**
 * The phases of a service, in their order: it serves requests; it still does, but is not ready; it accepts no more
 * connections; the plugins that were registered after `health` are closed.
 */
export const phases = ['running', 'draining', 'closing', 'ended'] as const

export type Phase = typeof phases[number]
