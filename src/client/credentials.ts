/** What a program keeps to use its queues again: plain values, all of them secret. */
import type { KeyPair, PrivateKey } from '../crypto/provider.ts'
import type { Bytes } from '../protocol/bytes.ts'
import type { LinkId, NotifierId, RecipientId, SenderId } from '../protocol/ids.ts'
import type { QueueMode } from '../protocol/reply.ts'

export interface RecipientCredentials {
  readonly recipientId: RecipientId
  readonly senderId: SenderId
  /** Authorises the recipient's commands. */
  readonly key: PrivateKey
  /** X25519 with the server's key of the queue, 32 bytes: opens message bodies. */
  readonly secret: Bytes
  /** Absent before v9. */
  readonly mode?: QueueMode
  /** Of the queue's short link data, where it was created with some. */
  readonly linkId?: LinkId
  /** Of the notifier, where the queue was created with one: for whoever watches the queue. */
  readonly notifier?: NotifierCredentials
}

export interface SenderCredentials {
  readonly senderId: SenderId
  /** Absent: messages are sent without authorization, which only an unsecured queue takes. */
  readonly key?: KeyPair
}

export interface NotifierCredentials {
  readonly notifierId: NotifierId
  /** Authorises NSUB. */
  readonly key: PrivateKey
  /** X25519 with the server's key of the notifier, 32 bytes: opens notifications. */
  readonly secret: Bytes
}
