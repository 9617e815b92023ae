/** Puts notifications that were not delivered yet where their notifiers find them. */

import type { StoredNotification } from '../store/store.ts'
import type { HeldQueue, Placed } from '../store/transfer.ts'
import { eachGroup, type Group } from './groups.ts'
import { type LoggedNotification, parseNotificationLine } from './notification-line.ts'
import type { Run, Step } from './run.ts'
import type { StateFile } from './state-files.ts'

const GROUP = { items: 512, bytes: 1_048_576 }
const AT_ONCE = 8192

export const isExpiredNotification = (
  { nowSeconds, limits }: Run,
  { notification }: LoggedNotification,
): boolean => notification.timestamp < nowSeconds - limits.notificationTtlSeconds

const queueOfNotifications = async (
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
  if (fresh.length === 0) return
  // others count while this waits
  const added = await held.addNotifications(fresh)
  tally.notificationsAdded += added
}

export const notificationReading = (file: StateFile, step: Step) => ({
  ...{ file, step, most: GROUP, underWay: AT_ONCE },
  parse: parseNotificationLine,
  idOf: ({ notifierId }: LoggedNotification) => notifierId,
  weigh: ({ items }: Group<LoggedNotification>) => items.length,
})

export const importNotifications = async (run: Run): Promise<void> => {
  const { notifications: file } = run.files
  if (file === undefined) return
  const reading = notificationReading(file, 'notifications')
  await eachGroup(run, reading, (group) => importGroup(run, group))
}
