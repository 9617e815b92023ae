/** What was found in files and what became of it, in numbers. */

export interface QueueCounts {
  active: number
  suspended: number
  blocked: number
  secured: number
  links: number
  notifiers: number
  /** Of a messaging service, or with a notifier of a notifier service. */
  ofServices: number
}

export const noQueues = (): QueueCounts => ({
  active: 0,
  suspended: 0,
  blocked: 0,
  secured: 0,
  links: 0,
  notifiers: 0,
  ofServices: 0,
})

export const queuesOf = ({ active, suspended, blocked }: QueueCounts): number =>
  active + suspended + blocked

export interface Tally {
  readonly queues: QueueCounts
  /** Of the queues: made by this run, there already, there and changed since. */
  readonly put: { made: number; same: number; changed: number }
  deleted: number
  messages: number
  /** Of them, markers that senders met a full queue. */
  markers: number
  /** Written by this run; the others had been before. */
  messagesAdded: number
  messagesExpired: number
  emptyBodies: number
  notifications: number
  notificationsAdded: number
  notificationsExpired: number
  services: number
  /** Not kept by this relay. */
  dates: number
}

export const newTally = (): Tally => ({
  queues: noQueues(),
  put: { made: 0, same: 0, changed: 0 },
  deleted: 0,
  messages: 0,
  markers: 0,
  messagesAdded: 0,
  messagesExpired: 0,
  emptyBodies: 0,
  notifications: 0,
  notificationsAdded: 0,
  notificationsExpired: 0,
  services: 0,
  dates: 0,
})
