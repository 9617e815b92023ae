import type { Bytes } from '../protocol/bytes.ts'
import type { MessageId } from '../protocol/ids.ts'
import type { RecipientQueue } from './recipient-queue.ts'

/** A message as its sender gave it to the server. The next one comes after `ack`. */
export interface QueueMessage {
  readonly queue: RecipientQueue
  /** The same when the message is delivered again. */
  readonly id: MessageId
  /** When the server took it: whole seconds since 1970. */
  readonly timestamp: number
  /** The sender asked for a notification. */
  readonly notification: boolean
  readonly body: Bytes
  /**
   * Deletes the message from the queue. After a lost connection it is sent again on the next one,
   * so the message is not delivered twice to this program. Repeatable.
   * @throws RequestTimeout, SmpRefusal (AUTH for a deleted queue), ConnectionClosed after `close()`
   */
  ack(): Promise<void>
}
