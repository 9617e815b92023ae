/** Stored messages as MSG replies. */
import { sealMessage } from '../crypto/message-box.ts'
import type { CryptoProvider } from '../crypto/provider.ts'
import type { Bytes } from '../protocol/bytes.ts'
import { idBytes } from '../protocol/ids.ts'
import type { Reply } from '../protocol/reply.ts'
import type { StoredMessage } from '../store/store.ts'

/** Messages are stored encrypted; a quota marker is small there and encrypted here. */
export const messageReply = (
  crypto: CryptoProvider,
  dhSecret: Bytes,
  message: StoredMessage,
): Reply<'MSG'> => {
  const { messageId, timestamp } = message
  if (message.kind === 'message') return { tag: 'MSG', messageId, body: message.body }
  const key = { secret: dhSecret, messageId: idBytes(messageId) }
  return { tag: 'MSG', messageId, body: sealMessage(crypto, key, { tag: 'quota', timestamp }) }
}
