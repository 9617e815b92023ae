/** Queues as stock apps make them: Ed25519 recipients, senders with X25519 authenticators. */
import type { SmpConnection } from '../client/connection.ts'
import { nativeCrypto as crypto } from '../crypto/native.ts'
import type { PrivateKey } from '../crypto/provider.ts'
import type { Command } from '../protocol/command.ts'
import type { RecipientId, SenderId } from '../protocol/ids.ts'

export interface MadeQueue {
  readonly recipientId: RecipientId
  readonly senderId: SenderId
  readonly recipientKey: PrivateKey<'Ed25519'>
}

export interface SecuredQueue extends MadeQueue {
  readonly senderKey: PrivateKey<'X25519'>
}

/** In flight at once: a few blocks of NEW. */
const CREATED_AT_ONCE = 256

export const replyOf = <R>(result: { readonly reply: R } | { readonly error: Error }): R => {
  if ('error' in result) throw result.error
  return result.reply
}

export interface CreateOptions {
  readonly subscribe: boolean
  /** Where the server asks for one. */
  readonly password?: string | undefined
  /** Breaks off between two batches. */
  readonly signal?: AbortSignal | undefined
  /** Told as soon as they are there, so that they can be deleted whatever comes then. */
  readonly onMade?: ((queues: readonly MadeQueue[]) => void) | undefined
}

/** Many commands of a kind at once, in as few blocks as they need. */
export const createQueues = async (
  recipient: SmpConnection,
  count: number,
  { subscribe, password, signal, onMade }: CreateOptions,
): Promise<readonly MadeQueue[]> => {
  const queues: MadeQueue[] = []
  const { publicKey: dhKey } = crypto.generateKeyPair('X25519')
  while (queues.length < count) {
    signal?.throwIfAborted()
    const pairs = Array.from({ length: Math.min(CREATED_AT_ONCE, count - queues.length) }, () =>
      crypto.generateKeyPair('Ed25519'),
    )
    const requests = pairs.map(({ publicKey, privateKey }) => {
      const command: Command<'NEW'> = {
        tag: 'NEW',
        authKey: publicKey,
        dhKey,
        subscribe,
        ...(password !== undefined && { password }),
        request: { mode: 'messaging' },
      }
      return { command, key: privateKey }
    })
    const results = await recipient.requestBatch(requests)
    const made = results.flatMap((result, i): MadeQueue[] => {
      const recipientKey = pairs[i]?.privateKey
      if ('error' in result || recipientKey === undefined) return []
      const { recipientId, senderId } = result.reply
      return [{ recipientId, senderId, recipientKey }]
    })
    onMade?.(made)
    for (const result of results) replyOf(result)
    queues.push(...made)
  }
  return queues
}

/** Gives each queue a sender. */
export const secureQueues = async (
  sender: SmpConnection,
  queues: readonly MadeQueue[],
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
