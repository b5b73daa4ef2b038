/**
 * In this order: requests are served; they are, but readiness is off; no new connections are accepted; what was
 * registered after this has been closed.
 */
export const phases = ['running', 'draining', 'closing', 'ended'] as const

export type Phase = typeof phases[number]
