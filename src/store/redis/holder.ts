/**
 * Claims as they stand in Redis: `pod:connection:claim:time`. The time, in milliseconds, is later
 * than that of the claim it took over from: it tells which is the newer where writes were lost.
 */
import type { Subscriber } from '../store.ts'

export interface Holder extends Subscriber {
  readonly pod: string
  readonly claimedAt: number
}

export const holderText = ({ pod, connection, claim, claimedAt }: Holder): string =>
  `${claimText(pod, { connection, claim })}${claimedAt.toString(36)}`

/** What a claim begins with, whatever its time. */
export const claimText = (pod: string, { connection, claim }: Subscriber): string =>
  `${connectionText(pod, connection)}${claim.toString(36)}:`

/** What all claims of a connection begin with. */
export const connectionText = (pod: string, connection: number): string =>
  `${pod}:${connection.toString(36)}:`

const parseHolder = (text: string): Holder | undefined => {
  const [pod, connection, claim, claimedAt] = text.split(':')
  if (pod === undefined || connection === undefined || claim === undefined) return undefined
  return {
    pod,
    connection: Number.parseInt(connection, 36),
    claim: Number.parseInt(claim, 36),
    claimedAt: Number.parseInt(claimedAt ?? '0', 36),
  }
}

/** Who a queue or notifier was last seen with: as Redis has it, and read. */
export interface Holding {
  /** Empty for nobody. */
  readonly text: string
  readonly holder: Holder | undefined
}

export const nobody: Holding = { text: '', holder: undefined }

export const holdingOf = (text: string): Holding =>
  text === '' ? nobody : { text, holder: parseHolder(text) }
