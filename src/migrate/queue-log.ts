/** What the lines of a store log say in the end: later lines change what earlier ones made. */
import type { QueueStatus } from '../store/store.ts'
import type { LoggedQueue } from './create-line.ts'
import { LineProblem } from './fields.ts'
import type { QueueChange } from './queue-line.ts'

type Change<T extends QueueChange['tag']> = Extract<QueueChange, { readonly tag: T }>

const withStatus = (logged: LoggedQueue, status: QueueStatus): LoggedQueue => ({
  ...logged,
  queue: { ...logged.queue, status },
})

const withoutLink = (logged: LoggedQueue): LoggedQueue => {
  const { link: _, ...queue } = logged.queue
  return { ...logged, queue }
}

const withoutNotifier = (logged: LoggedQueue): LoggedQueue => {
  const { notifierService: _, ...rest } = logged
  const { notifier: __, ...queue } = logged.queue
  return { ...rest, queue }
}

const withNotifier = (logged: LoggedQueue, change: Change<'NOTIFIER'>): LoggedQueue => {
  const { notifier, notifierService } = change
  const { queue, ...rest } = withoutNotifier(logged)
  return {
    ...rest,
    queue: { ...queue, notifier },
    ...(notifierService !== undefined && { notifierService }),
  }
}

const withService = (logged: LoggedQueue, change: Change<'QUEUE_SERVICE'>): LoggedQueue => {
  if (change.party === 'notifier' && logged.queue.notifier === undefined)
    throw new LineProblem('QUEUE_SERVICE of a notifier that was not created before')
  const name = change.party === 'recipient' ? 'recipientService' : 'notifierService'
  const { [name]: _, ...rest } = logged
  return change.serviceId === undefined ? rest : { ...rest, [name]: change.serviceId }
}

const changed = (
  logged: LoggedQueue,
  change: Exclude<QueueChange, Change<'CREATE'>>,
): LoggedQueue => {
  const { queue } = logged
  switch (change.tag) {
    case 'LINK':
      return { ...logged, queue: { ...queue, link: change.link } }
    case 'LDELETE':
      return withoutLink(logged)
    case 'SECURE':
      return { ...logged, queue: { ...queue, senderKey: change.key } }
    case 'KEYS':
      return { ...logged, queue: { ...queue, recipientKeys: change.keys } }
    case 'NOTIFIER':
      return withNotifier(logged, change)
    case 'NDELETE':
      return withoutNotifier(logged)
    case 'SUSPEND':
      return withStatus(logged, { state: 'suspended' })
    case 'BLOCK':
      return withStatus(logged, { state: 'blocked', blocking: change.blocking })
    case 'UNBLOCK':
      return queue.status.state === 'blocked' ? withStatus(logged, { state: 'active' }) : logged
    case 'TIME':
      return { ...logged, updatedAt: change.updatedAt }
    case 'QUEUE_SERVICE':
      return withService(logged, change)
    default:
      throw new TypeError(`no change of a queue: ${change.tag}`)
  }
}

/** A queue and the line that made it. */
export interface LoggedAt {
  readonly line: number
  readonly logged: LoggedQueue
}

/** Of a deleted queue nothing is left but that it was there. */
export type Folded = LoggedAt | 'deleted' | undefined

/**
 * A queue after one more line.
 * @throws LineProblem for what does not fit what came before
 */
export const fold = (before: Folded, line: number, change: QueueChange): Folded => {
  if (change.tag === 'CREATE') {
    if (before !== undefined) throw new LineProblem('the queue was created before')
    return { line, logged: change.logged }
  }
  if (before === undefined || before === 'deleted')
    throw new LineProblem(
      `${change.tag} of a queue that was ${before === undefined ? 'not created' : before} before`,
    )
  if (change.tag === 'DELETE') return 'deleted'
  return { line: before.line, logged: changed(before.logged, change) }
}
