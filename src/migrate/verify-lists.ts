/** Compares messages and notifications of the files with what the destination has by now. */
import { openMessage, type RecipientMessage } from '../crypto/message-box.ts'
import { equalBytes, ProtocolError } from '../protocol/bytes.ts'
import { idBytes } from '../protocol/ids.ts'
import type { StoredMessage, StoredNotification } from '../store/store.ts'
import type { HeldQueue } from '../store/transfer.ts'
import { eachGroup, type Group } from './groups.ts'
import { isExpired, messageReading } from './import-messages.ts'
import { isExpiredNotification, notificationReading } from './import-notifications.ts'
import type { LoggedMessage } from './message-line.ts'
import type { LoggedNotification } from './notification-line.ts'
import type { Run } from './run.ts'

/** The destination reads the whole list of a queue, 2 MB where it is full: so many at once. */
const LISTS_AT_ONCE = 8
const GROUP = { items: 256, bytes: 8 * 1_048_576 }

const opened = (
  { crypto }: Run,
  { record }: HeldQueue,
  stored: Extract<StoredMessage, { readonly kind: 'message' }>,
): RecipientMessage | undefined => {
  const key = { secret: record.dhSecret, messageId: idBytes(stored.messageId) }
  try {
    return openMessage(crypto, key, stored.body)
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

const isSameMessage = (
  run: Run,
  held: HeldQueue,
  stored: StoredMessage,
  { messageId, timestamp, content }: LoggedMessage,
): boolean => {
  if (stored.messageId !== messageId || stored.timestamp !== timestamp) return false
  if (stored.kind === 'quota' || content === undefined)
    return stored.kind === 'quota' && content === undefined
  const message = opened(run, held, stored)
  return (
    message?.tag === 'message' &&
    message.timestamp === timestamp &&
    message.notification === content.notification &&
    equalBytes(message.body, content.body)
  )
}

const isSameNotification = (
  stored: StoredNotification,
  { notification }: LoggedNotification,
): boolean =>
  stored.timestamp === notification.timestamp &&
  equalBytes(stored.nonce, notification.nonce) &&
  equalBytes(stored.meta, notification.meta)

interface Comparison<T, S> {
  readonly file: string
  readonly group: Group<T>
  readonly isExpired: (item: T) => boolean
  readonly list: readonly S[]
  readonly isSame: (stored: S, item: T) => boolean
}

/** Whether they are there in their order, one after the other. @returns how many are */
const compareInOrder = <T, S>({ problems }: Run, comparison: Comparison<T, S>): number => {
  const { file, group, list, isSame } = comparison
  const items = group.items.filter(({ item }) => !comparison.isExpired(item))
  const [first] = items
  const start = first === undefined ? -1 : list.findIndex((one) => isSame(one, first.item))
  let same = 0
  for (const [index, { line, item }] of items.entries()) {
    const stored = start < 0 ? undefined : list[start + index]
    if (stored !== undefined && isSame(stored, item)) same += 1
    else problems.add({ file, line, reason: 'verification: it is not there in its place' })
  }
  return same
}

/** What cannot be read was told when it was imported. */
const quietly = (run: Run) => ({ ...run, problems: { add: () => {} } })

/** @returns how many are there */
export const verifyMessages = async (run: Run): Promise<number> => {
  const { messages: file } = run.files
  let count = 0
  if (file === undefined) return count
  const most = { most: GROUP, weigh: () => 1, underWay: LISTS_AT_ONCE }
  await eachGroup(
    quietly(run),
    { ...messageReading(file, 'verification of messages'), ...most },
    async (group) => {
      const { recipientId } = group.items[0].item
      const held = run.leftOut.has(recipientId)
        ? undefined
        : await run.destination.find(recipientId)
      if (held === undefined) return
      const list = await held.messages()
      count += compareInOrder(run, {
        ...{ file: file.name, group, list },
        isExpired: (logged) => isExpired(run, logged),
        isSame: (stored, logged) => isSameMessage(run, held, stored, logged),
      })
    },
  )
  return count
}

/** @returns how many are there */
export const verifyNotifications = async (run: Run): Promise<number> => {
  const { notifications: file } = run.files
  let count = 0
  if (file === undefined) return count
  await eachGroup(
    quietly(run),
    notificationReading(file, 'verification of notifications'),
    async (group) => {
      const held = await run.destination.findNotifier(group.items[0].item.notifierId)
      if (held === undefined) return
      const list = await held.notifications()
      count += compareInOrder(run, {
        ...{ file: file.name, group, list, isSame: isSameNotification },
        isExpired: (logged) => isExpiredNotification(run, logged),
      })
    },
  )
  return count
}
