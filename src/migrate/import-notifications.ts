/** Puts notifications that were not delivered yet where their notifiers find them. */

import type { StoredNotification } from '../store/store.ts'
import type { HeldQueue, Placed } from '../store/transfer.ts'
import { type Group, readGroups } from './groups.ts'
import { Lanes } from './lanes.ts'
import { type LoggedNotification, parseNotificationLine } from './notification-line.ts'
import type { Run } from './run.ts'

export const NOTIFICATION_GROUP = { items: 512, bytes: 1_048_576 }
const AT_ONCE = 8192

export const isExpiredNotification = (
  { nowSeconds, limits }: Run,
  { notification }: LoggedNotification,
): boolean => notification.timestamp < nowSeconds - limits.notificationTtlSeconds

export const queueOfNotifications = async (
  { destination, problems, files }: Run,
  { items }: Group<LoggedNotification>,
): Promise<HeldQueue | undefined> => {
  const [{ item }] = items
  const held = await destination.findNotifier(item.notifierId)
  if (held !== undefined) return held
  const file = files.notifications?.name ?? ''
  for (const { line } of items)
    problems.add({ file, line, reason: 'a notification of no notifier' })
  return undefined
}

const importGroup = async (run: Run, group: Group<LoggedNotification>): Promise<void> => {
  const { tally } = run
  const held = await queueOfNotifications(run, group)
  if (held === undefined) return
  const fresh: Placed<StoredNotification>[] = []
  for (const { line, item } of group.items) {
    if (isExpiredNotification(run, item)) tally.notificationsExpired += 1
    else fresh.push({ line, item: item.notification })
  }
  tally.notifications += fresh.length
  if (fresh.length > 0) tally.notificationsAdded += await held.addNotifications(fresh)
}

export const importNotifications = async (run: Run): Promise<void> => {
  const { notifications: file } = run.files
  if (file === undefined) return
  const lanes = new Lanes(AT_ONCE)
  const groups = readGroups(run, {
    ...{ file, step: 'notifications', most: NOTIFICATION_GROUP },
    parse: parseNotificationLine,
    idOf: ({ notifierId }) => notifierId,
  })
  for await (const group of groups) {
    const [{ item }] = group.items
    await lanes.add(item.notifierId, group.items.length, () => importGroup(run, group))
  }
  await lanes.drain()
}
