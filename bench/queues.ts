/** Queues as stock apps make them: Ed25519 recipients, senders with X25519 authenticators. */
import type { SmpConnection } from '../src/client/connection.ts'
import { nativeCrypto as crypto } from '../src/crypto/native.ts'
import type { PrivateKey } from '../src/crypto/provider.ts'
import type { Command } from '../src/protocol/command.ts'
import type { RecipientId, SenderId } from '../src/protocol/ids.ts'

export interface BenchQueue {
  readonly recipientId: RecipientId
  readonly senderId: SenderId
  readonly recipientKey: PrivateKey<'Ed25519'>
}

export interface SecuredQueue extends BenchQueue {
  readonly senderKey: PrivateKey<'X25519'>
}

/** In flight at once: a few blocks of NEW. */
const CREATED_AT_ONCE = 256

export const replyOf = <R>(result: { readonly reply: R } | { readonly error: Error }): R => {
  if ('error' in result) throw result.error
  return result.reply
}

/** Many commands of a kind at once, in as few blocks as they need. */
export const createQueues = async (
  recipient: SmpConnection,
  count: number,
  { subscribe }: { readonly subscribe: boolean },
): Promise<readonly BenchQueue[]> => {
  const queues: BenchQueue[] = []
  const { publicKey: dhKey } = crypto.generateKeyPair('X25519')
  while (queues.length < count) {
    const pairs = Array.from({ length: Math.min(CREATED_AT_ONCE, count - queues.length) }, () =>
      crypto.generateKeyPair('Ed25519'),
    )
    const requests = pairs.map(({ publicKey, privateKey }) => {
      const command: Command<'NEW'> = {
        tag: 'NEW',
        authKey: publicKey,
        dhKey,
        subscribe,
        request: { mode: 'messaging' },
      }
      return { command, key: privateKey }
    })
    const results = await recipient.requestBatch(requests)
    results.forEach((result, i) => {
      const { recipientId, senderId } = replyOf(result)
      const recipientKey = pairs[i]?.privateKey
      if (recipientKey !== undefined) queues.push({ recipientId, senderId, recipientKey })
    })
  }
  return queues
}

/** Gives each queue a sender. */
export const secureQueues = async (
  sender: SmpConnection,
  queues: readonly BenchQueue[],
): Promise<readonly SecuredQueue[]> => {
  const pairs = queues.map(() => crypto.generateKeyPair('X25519'))
  const requests = pairs.map(({ publicKey, privateKey }, i) => {
    const command: Command<'SKEY'> = { tag: 'SKEY', senderKey: publicKey }
    return { command, entityId: queues[i]?.senderId ?? '', key: privateKey }
  })
  const secured: SecuredQueue[] = []
  const results = await sender.requestBatch(requests)
  results.forEach((result, i) => {
    replyOf(result)
    const queue = queues[i]
    const senderKey = pairs[i]?.privateKey
    if (queue && senderKey) secured.push({ ...queue, senderKey })
  })
  return secured
}
