/** Random queues, messages and notifications as files may have them. */
import fc from 'fast-check'
import type { LoggedMessage } from '../../../src/migrate/message-line.ts'
import type { LoggedNotification } from '../../../src/migrate/notification-line.ts'
import {
  linkIdOf,
  messageIdOf,
  notifierIdOf,
  recipientIdOf,
  senderIdOf,
} from '../../../src/protocol/ids.ts'
import type { AuthKey } from '../../../src/protocol/keys.ts'
import type { Notifier, QueueStatus } from '../../../src/store/store.ts'
import type { WholeQueue } from '../../../src/store/transfer.ts'

const bytes = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength })
/** Most are as the reference makes them. */
const idBytes = fc.oneof({ arbitrary: bytes(24), weight: 5 }, bytes(1, 255))
const seconds = fc.integer({ min: 0, max: 999_999_999_999 })

export const authKey: fc.Arbitrary<AuthKey> = fc.oneof(
  bytes(32).map((raw) => ({ algorithm: 'Ed25519', raw }) as const),
  bytes(32).map((raw) => ({ algorithm: 'X25519', raw }) as const),
  bytes(57).map((raw) => ({ algorithm: 'Ed448', raw }) as const),
)

export const notifier: fc.Arbitrary<Notifier> = fc.record({
  notifierId: idBytes.map(notifierIdOf),
  authKey,
  dhSecret: bytes(32),
})

export const link: fc.Arbitrary<NonNullable<WholeQueue['link']>> = fc.record({
  linkId: idBytes.map(linkIdOf),
  fixed: bytes(0, 300),
  user: bytes(0, 300),
})

export const blocking = fc.oneof(
  fc.record({ reason: fc.constantFrom('spam', 'content') }),
  fc.record({
    reason: fc.constantFrom('spam', 'content'),
    notice: fc.record({ ttlSeconds: fc.integer({ min: 0, max: 10 ** 9 }) }, { requiredKeys: [] }),
  }),
)

const status: fc.Arbitrary<QueueStatus> = fc.oneof(
  fc.constantFrom({ state: 'active' } as const, { state: 'suspended' } as const),
  blocking.map((one) => ({ state: 'blocked', blocking: one }) as const),
)

export const wholeQueue: fc.Arbitrary<WholeQueue> = fc.record(
  {
    recipientId: idBytes.map(recipientIdOf),
    senderId: idBytes.map(senderIdOf),
    recipientKeys: fc.array(authKey, { minLength: 1, maxLength: 4 }),
    dhSecret: bytes(32),
    status,
    senderKey: authKey,
    mode: fc.constantFrom('messaging', 'contact'),
    link,
    notifier,
  },
  { requiredKeys: ['recipientId', 'senderId', 'recipientKeys', 'dhSecret', 'status'] },
)

export const loggedMessage: fc.Arbitrary<LoggedMessage> = fc.record(
  {
    recipientId: idBytes.map(recipientIdOf),
    messageId: bytes(24).map(messageIdOf),
    timestamp: seconds,
    content: fc.record({ notification: fc.boolean(), body: bytes(0, 200) }),
  },
  { requiredKeys: ['recipientId', 'messageId', 'timestamp'] },
)

export const loggedNotification: fc.Arbitrary<LoggedNotification> = fc.record({
  notifierId: idBytes.map(notifierIdOf),
  messageId: bytes(24).map(messageIdOf),
  notification: fc.record({ timestamp: seconds, nonce: bytes(24), meta: bytes(144) }),
})
