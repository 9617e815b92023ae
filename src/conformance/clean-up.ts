/** Deletes what a check made, whatever became of the check. */

import { openConnection, type SmpConnection } from '../client/connection.ts'
import { nativeCrypto as crypto } from '../crypto/native.ts'
import type { ServerAddress } from '../protocol/address.ts'
import { dialTls, verifyChain } from './dial.ts'
import type { MadeQueue, MadeQueues } from './made.ts'

const CLEAN_UP_MS = 10_000

const isGone = async (
  connection: SmpConnection,
  { rid, keys, mayBeGone }: MadeQueue,
): Promise<boolean> => {
  for (const { privateKey: key } of keys) {
    const reply = await connection.exchange({ tag: 'DEL' }, { entityId: rid, key })
    if (reply.tag === 'OK') return true
    if (reply.tag !== 'ERR' || reply.error.code !== 'AUTH') return false
  }
  return mayBeGone
}

/** The run may have been broken off, so this has a time of its own; what fails is left. */
export const cleanUp = async (server: ServerAddress, made: MadeQueues): Promise<void> => {
  if (made.left.length === 0) return
  const signal = AbortSignal.timeout(CLEAN_UP_MS)
  try {
    const transport = await dialTls(server, undefined, { ms: CLEAN_UP_MS, signal })
    signal.addEventListener('abort', () => transport.close(), { once: true })
    const { keyHash } = server
    const options = { keyHash, crypto, verifyChain, responseMs: CLEAN_UP_MS, onEvent: () => {} }
    await using connection = await openConnection(transport, options)
    const deleted = made.left.map(async (queue) => {
      if (await isGone(connection, queue)) made.remove(queue.rid)
    })
    await Promise.allSettled(deleted)
  } catch {
    // what is left is counted
  }
}
