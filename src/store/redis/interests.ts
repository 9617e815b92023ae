/**
 * What the connections of this pod hold, by what mailboxes call it: the claim and the queue's blind
 * id. It is forgotten with the connection at the latest.
 */
import {
  asNotifierId,
  asRecipientId,
  type EntityId,
  type NotifierId,
  type RecipientId,
} from '../../protocol/ids.ts'
import type { Subscriber } from '../store.ts'
import type { BlindId } from './cluster-keys.ts'

interface Claim {
  readonly claimedAt: number
  /** Whether Redis is known to have the claim. */
  isHeld: boolean
}

export type Interest = Claim &
  (
    | { readonly party: 'recipient'; readonly id: RecipientId }
    | { readonly party: 'notifier'; readonly id: NotifierId }
  )

export type InterestParty = Interest['party']

/** Where a claim is made: by whom, and on which queue. */
export interface Place extends Subscriber {
  readonly blind: BlindId
}

export interface Held extends Place {
  readonly interest: Interest
}

/** Where the hash of a queue has the holder, see lua/prelude.lua. */
export const fieldOf = (party: InterestParty): 's' | 'n' => (party === 'recipient' ? 's' : 'n')

const nameOf = (party: InterestParty, claim: number, blind: BlindId): string =>
  `${fieldOf(party)}${claim.toString(36)}:${blind}`

export class Interests {
  readonly #byConnection = new Map<number, Map<string, Interest>>()

  /** Before Redis is asked, so that what it causes finds the subscription. */
  open(
    party: 'recipient' | 'notifier',
    id: EntityId,
    { connection, claim, claimedAt, blind }: Place & Pick<Claim, 'claimedAt'>,
  ): Interest {
    const name = nameOf(party, claim, blind)
    const present = this.#byConnection.get(connection)
    // one batch may name a queue twice
    const known = present?.get(name)
    if (known !== undefined) return known
    const opened = { claimedAt, isHeld: false }
    const interest: Interest =
      party === 'recipient'
        ? { ...opened, party, id: asRecipientId(id) }
        : { ...opened, party, id: asNotifierId(id) }
    if (present === undefined) this.#byConnection.set(connection, new Map([[name, interest]]))
    else present.set(name, interest)
    return interest
  }

  get(party: InterestParty, subscriber: Subscriber, blind: BlindId): Interest | undefined {
    const { connection, claim } = subscriber
    return this.#byConnection.get(connection)?.get(nameOf(party, claim, blind))
  }

  drop(party: InterestParty, { connection, claim }: Subscriber, blind: BlindId): void {
    const held = this.#byConnection.get(connection)
    if (held?.delete(nameOf(party, claim, blind)) && held.size === 0)
      this.#byConnection.delete(connection)
  }

  /** How many connections hold something. */
  get size(): number {
    return this.#byConnection.size
  }

  get connections(): readonly number[] {
    return [...this.#byConnection.keys()]
  }

  /** Forgets a connection at once and returns what it held, read one by one. */
  take(connection: number): Iterable<Held> {
    const held = this.#byConnection.get(connection)
    this.#byConnection.delete(connection)
    return heldBy(connection, held)
  }

  *[Symbol.iterator](): IterableIterator<Held> {
    for (const [connection, held] of this.#byConnection) yield* heldBy(connection, held)
  }
}

function* heldBy(
  connection: number,
  held: ReadonlyMap<string, Interest> = new Map(),
): IterableIterator<Held> {
  for (const [name, interest] of held) {
    const [claim = '', blind = ''] = name.slice(1).split(':')
    yield { connection, claim: Number.parseInt(claim, 36), blind, interest }
  }
}
