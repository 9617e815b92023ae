/** How long a run waits, and how much it does at once. Milliseconds. */
export interface Timing {
  /** For a connection, and for an answer. */
  readonly answerMs: number
  /** For an event: the reference collects END and DELD for 15 seconds. */
  readonly eventMs: number
  /** So long nothing must come where nothing may come. */
  readonly quietMs: number
  /** For an answer that takes a connection to another server. */
  readonly proxyMs: number
  /** For a whole check. */
  readonly checkMs: number
  /** Checks at once; each has up to four connections. */
  readonly jobs: number
}

export const usualTiming: Timing = {
  answerMs: 10_000,
  eventMs: 20_000,
  quietMs: 250,
  proxyMs: 75_000,
  checkMs: 180_000,
  jobs: 4,
}
