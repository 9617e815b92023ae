/** Queues that refuse: of each kind of key, and in each state that a stranger may meet. */
import type { SmpConnection } from '../src/client/connection.ts'
import { nativeCrypto as crypto } from '../src/crypto/native.ts'
import type { KeyAlgorithm, PrivateKey } from '../src/crypto/provider.ts'
import { senderIdOfCorrelation } from '../src/crypto/short-link.ts'
import { replyOf } from '../src/load/queues.ts'
import type { Command } from '../src/protocol/command.ts'
import { type EntityId, senderIdOf } from '../src/protocol/ids.ts'

export const algorithms: readonly KeyAlgorithm[] = ['Ed25519', 'Ed448', 'X25519']

export interface KnownQueue {
  readonly recipient: EntityId
  readonly sender: EntityId
  readonly link: EntityId
  readonly notifier: EntityId
  readonly recipientKey: PrivateKey
  /** Where it is secured. */
  readonly senderKey?: PrivateKey
}

export type Pool = readonly KnownQueue[]

/** Requests in flight at once. */
const AT_ONCE = 128

const inPortions = async (count: number, make: () => Promise<KnownQueue>): Promise<Pool> => {
  const queues: KnownQueue[] = []
  while (queues.length < count) {
    const portion = Math.min(AT_ONCE, count - queues.length)
    queues.push(...(await Promise.all(Array.from({ length: portion }, make))))
  }
  return queues
}

/** A messaging queue with link data and a notifier, all keys of one kind. */
const createMessaging = async (
  connection: SmpConnection,
  algorithm: KeyAlgorithm,
): Promise<KnownQueue> => {
  const recipient = crypto.generateKeyPair(algorithm)
  const correlationId = crypto.randomBytes(24)
  const { publicKey: dhKey } = crypto.generateKeyPair('X25519')
  const senderId = senderIdOf(senderIdOfCorrelation(crypto, correlationId))
  const content = { fixed: crypto.randomBytes(64), user: crypto.randomBytes(64) }
  const command: Command<'NEW'> = {
    tag: 'NEW',
    authKey: recipient.publicKey,
    dhKey,
    subscribe: false,
    request: { mode: 'messaging', link: { senderId, ...content } },
    notifier: { authKey: crypto.generateKeyPair(algorithm).publicKey, dhKey },
  }
  const { privateKey: recipientKey } = recipient
  const ids = await connection.request(command, { key: recipientKey, correlationId })
  return {
    recipient: ids.recipientId,
    sender: ids.senderId,
    link: ids.linkId ?? '',
    notifier: ids.notifier?.notifierId ?? '',
    recipientKey,
  }
}

const secure = async (
  connection: SmpConnection,
  queue: KnownQueue,
  algorithm: KeyAlgorithm,
): Promise<KnownQueue> => {
  const { publicKey: senderKey, privateKey: key } = crypto.generateKeyPair(algorithm)
  await connection.request({ tag: 'SKEY', senderKey }, { entityId: queue.sender, key })
  return { ...queue, senderKey: key }
}

export const createSecured = (
  connection: SmpConnection,
  algorithm: KeyAlgorithm,
  count: number,
): Promise<Pool> =>
  inPortions(count, async () =>
    secure(connection, await createMessaging(connection, algorithm), algorithm),
  )

export const createUnsecured = (connection: SmpConnection, count: number): Promise<Pool> =>
  inPortions(count, () => createMessaging(connection, 'Ed25519'))

export const createSuspended = (connection: SmpConnection, count: number): Promise<Pool> =>
  inPortions(count, async () => {
    const queue = await createMessaging(connection, 'Ed25519')
    const { recipient: entityId, recipientKey: key } = queue
    await connection.request({ tag: 'OFF' }, { entityId, key })
    return queue
  })

/** Contact queues that several keys may read. */
export const createShared = (
  connection: SmpConnection,
  keys: number,
  count: number,
): Promise<Pool> =>
  inPortions(count, async () => {
    const { publicKey: authKey, privateKey: key } = crypto.generateKeyPair('Ed25519')
    const { publicKey: dhKey } = crypto.generateKeyPair('X25519')
    const request = { mode: 'contact' } as const
    const ids = await connection.request(
      { tag: 'NEW', authKey, dhKey, subscribe: false, request },
      { key },
    )
    const others = Array.from({ length: keys - 1 }, () => crypto.generateKeyPair('Ed25519'))
    const [result] = await connection.requestBatch([
      {
        command: {
          tag: 'RKEY',
          recipientKeys: [authKey, ...others.map(({ publicKey }) => publicKey)],
        },
        entityId: ids.recipientId,
        key,
      },
    ])
    if (result !== undefined) replyOf(result)
    const { recipientId: recipient, senderId: sender } = ids
    return { recipient, sender, link: '', notifier: '', recipientKey: key }
  })
