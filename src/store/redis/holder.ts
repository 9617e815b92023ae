/** Claims as they stand in Redis: `pod:connection:claim`. */
import type { Subscriber } from '../store.ts'

export interface Holder extends Subscriber {
  readonly pod: string
}

export const holderText = (pod: string, { connection, claim }: Subscriber): string =>
  `${pod}:${connection.toString(36)}:${claim.toString(36)}`

/** What all claims of a connection begin with. */
export const connectionText = (pod: string, connection: number): string =>
  `${pod}:${connection.toString(36)}:`

export const parseHolder = (text: string): Holder | undefined => {
  const [pod, connection, claim] = text.split(':')
  if (pod === undefined || connection === undefined || claim === undefined) return undefined
  return {
    pod,
    connection: Number.parseInt(connection, 36),
    claim: Number.parseInt(claim, 36),
  }
}
