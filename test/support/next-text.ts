import type { RecipientQueue } from '../../src/client/index.ts'
import { utf8Text } from '../../src/protocol/bytes.ts'
import { next } from '../client/support/next.ts'
import { within } from './within.ts'

/** Takes and acknowledges the next message of a queue, which must come. */
export const nextText = async (queue: RecipientQueue, limitMs?: number): Promise<string> => {
  const message = await within('a message', next(queue.messages), limitMs)
  await message.ack()
  return utf8Text(message.body)
}
