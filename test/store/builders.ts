/** Values for store tests. All ids are new: stores under test may share what they keep. */
import { randomBytes } from 'node:crypto'
import type { Bytes } from '../../src/protocol/bytes.ts'
import type { LinkContent } from '../../src/protocol/command.ts'
import {
  type LinkId,
  linkIdOf,
  type MessageId,
  messageIdOf,
  type NotifierId,
  notifierIdOf,
  type RecipientId,
  recipientIdOf,
  type SenderId,
  senderIdOf,
} from '../../src/protocol/ids.ts'
import type { AuthKey } from '../../src/protocol/keys.ts'
import type {
  Append,
  NewQueue,
  Notifier,
  StoredNotification,
  Subscriber,
} from '../../src/store/store.ts'

const ENCRYPTED_MESSAGE_BYTES = 16_122
const NOTIFICATION_BYTES = 144

export const bytes = (length: number): Bytes => new Uint8Array(randomBytes(length))

export const newRecipientId = (): RecipientId => recipientIdOf(bytes(24))
export const newSenderId = (): SenderId => senderIdOf(bytes(24))
export const newLinkId = (): LinkId => linkIdOf(bytes(24))
export const newNotifierId = (): NotifierId => notifierIdOf(bytes(24))
export const newMessageId = (): MessageId => messageIdOf(bytes(24))

export const newKey = (): AuthKey => ({ algorithm: 'Ed25519', raw: bytes(32) })

export const newNotifier = (): Notifier => ({
  notifierId: newNotifierId(),
  authKey: newKey(),
  dhSecret: bytes(32),
})

export type Link = LinkContent & { readonly linkId: LinkId }

export const newLink = (fields: Partial<Link> = {}): Link => ({
  linkId: newLinkId(),
  fixed: bytes(80),
  user: bytes(200),
  ...fields,
})

export const contentOf = ({ fixed, user }: Link): LinkContent => ({ fixed, user })

export const newQueue = (fields: Partial<NewQueue> = {}): NewQueue => ({
  recipientId: newRecipientId(),
  senderId: newSenderId(),
  recipientKeys: [newKey()],
  dhSecret: bytes(32),
  mode: 'messaging',
  ...fields,
})

export type Message = Append['message']

/** Of the real size, and different from every other in its first bytes. */
export const newMessage = (timestamp: number): Message => {
  const body = new Uint8Array(ENCRYPTED_MESSAGE_BYTES)
  body.set(bytes(16))
  return { kind: 'message', messageId: newMessageId(), timestamp, body }
}

export const newNotification = (timestamp: number): StoredNotification => ({
  timestamp,
  nonce: bytes(24),
  meta: bytes(NOTIFICATION_BYTES),
})

let lastNumber = 0

/** A number that no other connection or claim of this process has. */
export const newNumber = (): number => {
  lastNumber += 1
  return lastNumber
}

export const newSubscriber = (): Subscriber => ({ connection: newNumber(), claim: newNumber() })

/** The same connection with its next claim. */
export const again = ({ connection }: Subscriber): Subscriber => ({
  connection,
  claim: newNumber(),
})
