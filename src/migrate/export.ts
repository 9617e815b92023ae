/** Writes the reference's files from what a store holds. */
import { openMessage, openNotification } from '../crypto/message-box.ts'
import type { CryptoProvider } from '../crypto/provider.ts'
import { ProtocolError } from '../protocol/bytes.ts'
import { idBytes, messageIdOf } from '../protocol/ids.ts'
import type { StoredMessage, StoredNotification } from '../store/store.ts'
import type { HeldQueue, QueueTransfer, WholeQueue } from '../store/transfer.ts'
import { printCreate } from './create-line.ts'
import { countQueue } from './import-queues.ts'
import { type LoggedMessage, printMessage } from './message-line.ts'
import type { NewFiles } from './new-files.ts'
import { type LoggedNotification, printNotification } from './notification-line.ts'
import { newTally, type Tally } from './tally.ts'
import { wholeQueue } from './whole-queue.ts'

export interface ExportOptions {
  readonly transfer: Pick<QueueTransfer, 'queues'>
  readonly files: NewFiles
  readonly crypto: CryptoProvider
  /** What could not be written, in words. */
  readonly onProblem: (reason: string) => void
  readonly onProgress: (queues: number) => void
  readonly signal: AbortSignal
}

/** Their lists are read at once: 2 MB where they are full. */
const AT_ONCE = 8

interface Written {
  readonly queue: WholeQueue
  readonly messages: readonly LoggedMessage[]
  readonly notifications: readonly LoggedNotification[]
}

/** Undefined for what does not open: another secret than the queue's. */
const opening = <T>(open: () => T): T | undefined => {
  try {
    return open()
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

const loggedMessage = (
  crypto: CryptoProvider,
  { recipientId, dhSecret }: WholeQueue,
  stored: StoredMessage,
): LoggedMessage | undefined => {
  const { messageId, timestamp } = stored
  if (stored.kind === 'quota') return { recipientId, messageId, timestamp }
  const key = { secret: dhSecret, messageId: idBytes(messageId) }
  const message = opening(() => openMessage(crypto, key, stored.body))
  if (message?.tag !== 'message') return undefined
  const { notification, body } = message
  return { recipientId, messageId, timestamp, content: { notification, body } }
}

const loggedNotification = (
  crypto: CryptoProvider,
  { notifier }: WholeQueue,
  stored: StoredNotification,
): LoggedNotification | undefined => {
  if (notifier === undefined) return undefined
  const { notifierId, dhSecret: secret } = notifier
  const { nonce, meta } = stored
  const about = opening(() => openNotification(crypto, { secret, nonce }, meta))
  return about && { notifierId, messageId: messageIdOf(about.messageId), notification: stored }
}

const read = async (options: ExportOptions, held: HeldQueue): Promise<Written> => {
  const { crypto, onProblem } = options
  const queue = await wholeQueue(held)
  const readable = <T>(all: readonly (T | undefined)[], kind: string): readonly T[] =>
    all.filter((one) => {
      if (one === undefined) onProblem(`a ${kind} does not open with the secret of its queue`)
      return one !== undefined
    })
  const messages = await held.messages()
  const notifications = await held.notifications()
  return {
    queue,
    messages: readable(
      messages.map((one) => loggedMessage(crypto, queue, one)),
      'message',
    ),
    notifications: readable(
      notifications.map((one) => loggedNotification(crypto, queue, one)),
      'notification',
    ),
  }
}

/** Undefined, and a problem, where something of it is not as a relay writes it. */
const readWhole = async (
  options: ExportOptions,
  held: HeldQueue | undefined,
): Promise<Written | undefined> => {
  try {
    if (held !== undefined) return await read(options, held)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
  }
  options.onProblem('a queue cannot be read')
  return undefined
}

const write = async ({ files }: ExportOptions, tally: Tally, written: Written): Promise<void> => {
  const { queue, messages, notifications } = written
  countQueue(tally.queues, queue)
  tally.messages += messages.length
  tally.notifications += notifications.length
  for (const { content } of messages) {
    if (content === undefined) tally.markers += 1
    else if (content.body.length === 0) tally.emptyBodies += 1
  }
  await files.queues.writeLines([printCreate(queue)])
  await files.messages.writeLines(messages.map(printMessage))
  await files.notifications.writeLines(notifications.map(printNotification))
}

/** @throws the file system's errors, StoreUnavailable, the signal's reason */
export const exportState = async (options: ExportOptions): Promise<Tally> => {
  const { transfer, onProgress, signal } = options
  const tally = newTally()
  let count = 0
  for await (const slice of transfer.queues()) {
    for (let at = 0; at < slice.length; at += AT_ONCE) {
      signal.throwIfAborted()
      const some = slice.slice(at, at + AT_ONCE)
      const queues = await Promise.all(some.map((held) => readWhole(options, held)))
      for (const queue of queues) if (queue !== undefined) await write(options, tally, queue)
    }
    count += slice.length
    onProgress(count)
  }
  return tally
}
