/** Messages as recipients read them. */
import { nativeCrypto, openMessage, type Reply } from '../../src/client/index.ts'
import { ProtocolError, utf8Text } from '../../src/protocol/bytes.ts'
import { idBytes } from '../../src/protocol/ids.ts'
import type { Queue } from '../../test/support/load.ts'

/** What a body says of the message that it is. */
export const nameIn = (text: string): string => text.split(' ', 1)[0] ?? ''

export const nameOf = (
  { recipient: { secret } }: Queue,
  { messageId, body }: Reply<'MSG'>,
): string => {
  try {
    const opened = openMessage(nativeCrypto, { secret, messageId: idBytes(messageId) }, body)
    return opened.tag === 'message' ? nameIn(utf8Text(opened.body)) : `(${opened.tag})`
  } catch (error) {
    if (error instanceof ProtocolError) return '(unreadable)'
    throw error
  }
}

/** As it stands in a report. */
export const idText = (id: string): string => Buffer.from(id, 'latin1').toString('base64url')
