/** What the conversations of a run know of their relay: keys that exist, queues, things to name. */
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import type { KeyPair } from '../../src/crypto/provider.ts'
import { equalBytes } from '../../src/protocol/bytes.ts'
import { type EntityId, noEntity } from '../../src/protocol/ids.ts'
import type { PublicKey } from '../../src/protocol/keys.ts'
import type { Choices } from './choices.ts'

export type RingKey = KeyPair<'Ed25519'> | KeyPair<'Ed448'> | KeyPair<'X25519'>

const ring = (['Ed25519', 'Ed25519', 'X25519', 'Ed448'] as const).map(
  (algorithm): RingKey => crypto.generateKeyPair(algorithm) as RingKey,
)
const dhRing = [crypto.generateKeyPair('X25519'), crypto.generateKeyPair('X25519')] as const
/** Points that give a shared secret of zeros, or are none. */
const badPoints = [
  new Uint8Array(32),
  new Uint8Array(32).fill(0xff),
  Uint8Array.of(1, ...new Uint8Array(31)),
]

/** The one with that public key. */
export const ringKeyOf = ({ raw }: PublicKey): RingKey | undefined =>
  ring.find(({ publicKey }) => equalBytes(publicKey.raw, raw))

/** Ed448 takes ten times the work of the others. */
export const someKey = (choices: Choices): RingKey =>
  ring[choices.percent(4) ? 3 : choices.below(3)] ?? dhRing[0]

export const someDhKey = (choices: Choices): KeyPair<'X25519'>['publicKey'] => {
  if (!choices.percent(6)) return choices.of(...dhRing).publicKey
  return { algorithm: 'X25519', raw: choices.from(badPoints) ?? new Uint8Array(32) }
}

/** A queue, and what the conversation has learnt of it. */
export interface KnownQueue {
  readonly recipientId: EntityId
  readonly senderId: EntityId
  readonly recipientKey: RingKey
  readonly linkId?: EntityId | undefined
  notifierId?: EntityId | undefined
  senderKey?: RingKey | undefined
  notifierKey?: RingKey | undefined
  messageId?: string | undefined
}

const MOST_QUEUES = 6

export class World {
  #queues: KnownQueue[] = []
  /** Queues of this conversation, deleted ones too, for the end to delete. */
  readonly made = new Map<EntityId, RingKey>()
  /** Sessions that PRXY has opened. */
  proxied: { readonly sessionId: EntityId; readonly serverKey: Uint8Array } | undefined

  add(queue: KnownQueue): void {
    this.made.set(queue.recipientId, queue.recipientKey)
    this.#queues.push(queue)
    if (this.#queues.length > MOST_QUEUES) this.#queues.shift()
  }

  some(choices: Choices): KnownQueue | undefined {
    return choices.from(this.#queues)
  }

  /** By the id of any of its parties. */
  named(id: EntityId): KnownQueue | undefined {
    return this.#queues.find(({ recipientId, senderId, linkId }) =>
      [recipientId, senderId, linkId].includes(id),
    )
  }

  find(recipientId: EntityId): KnownQueue | undefined {
    return this.#queues.find((queue) => queue.recipientId === recipientId)
  }
}

/** An id of no queue: of the right length, or of another. */
export const strangeId = (choices: Choices): EntityId => {
  const length = choices.percent(50) ? 24 : choices.of(0, 1, 16, 23, 25, 32, 48, 255)
  if (length === 0) return noEntity
  return String.fromCharCode(...choices.bytes(length))
}
