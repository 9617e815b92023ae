/** How long to wait between attempts to reconnect. Times are in milliseconds. */
export interface Backoff {
  readonly firstMs: number
  readonly factor: number
  readonly maxMs: number
  /** Part of each delay that is left to chance, 0 to 1: clients must not come back all at once. */
  readonly jitter: number
}

// The reference's agent starts with 2 s and ends with 180 s
export const defaultBackoff: Backoff = { firstMs: 2_000, factor: 1.5, maxMs: 180_000, jitter: 0.25 }

/** The delay before attempt `attempt` (from 0); `chance` is 0 to 1. */
export const backoffDelay = (backoff: Backoff, attempt: number, chance: number): number => {
  const { firstMs, factor, maxMs, jitter } = backoff
  const whole = Math.min(firstMs * factor ** attempt, maxMs)
  return Math.round(whole * (1 - jitter * chance))
}
