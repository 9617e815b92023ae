/** What the reference server exports too, under its names: queues and messages. */
import { counter, type Family, gauge, type Sample } from '../family.ts'
import type { Subject } from '../subject.ts'

const name = (ending: string): string => `simplex_smp_${ending}`

const ok = ({ measures: { session } }: Subject, ...tags: readonly string[]): number =>
  tags.reduce((sum, tag) => sum + (session.commands.find(tag)?.outcomes.get('ok') ?? 0), 0)

/** Errors of a command by the reference's word for each. */
const errors = (
  { measures: { session } }: Subject,
  tag: string,
  words: Readonly<Record<string, string>>,
): Sample[] =>
  Object.entries(words).map(([word, outcome]) => [
    [word],
    session.commands.find(tag)?.outcomes.get(outcome) ?? 0,
  ])

const adverbs = { day: 'daily', week: 'weekly', month: 'monthly' } as const

const deletedSecured = ({ measures }: Subject): number => measures.session.details.deletedSecured

const queues: readonly Family[] = [
  counter([name('queues_created'), 'Queues created.'], [], (subject) => ok(subject, 'NEW')),
  counter(
    [name('queues_secured'), 'Successful KEY, SKEY and LKEY, repeated ones included.'],
    [],
    (subject) => ok(subject, 'KEY', 'SKEY', 'LKEY'),
  ),
  counter(
    [name('queues_blocked'), 'Queues that operators blocked by way of this pod.'],
    [],
    ({ measures: { store } }) => store.blockedQueues,
  ),
  counter(
    [
      name('queues_deleted'),
      'Queues deleted: all, and those never secured (new) or secured among them.',
    ],
    ['type'],
    (subject) => [
      [['all'], ok(subject, 'DEL')],
      [['new'], ok(subject, 'DEL') - deletedSecured(subject)],
      [['secured'], deletedSecured(subject)],
    ],
  ),
  counter(
    [name('queues_deleted_batch'), 'Blocks of several commands that begin with DEL.'],
    [],
    ({ measures: { session } }) => session.batches.get('DEL'),
  ),
  gauge(
    [name('queues_total1'), 'Queues of the whole cluster.'],
    [],
    ({ totals }) => totals?.counts?.queues,
  ),
  gauge(
    [name('queues_total2'), 'Queues of the whole cluster; the reference counts its store apart.'],
    [],
    ({ totals }) => totals?.counts?.queues,
  ),
  ...(['day', 'week', 'month'] as const).map((period) =>
    gauge(
      [
        name(`queues_${adverbs[period]}`),
        `Queues of the whole cluster that a message was sent to or received from in the present ${period} (UTC); an estimate.`,
      ],
      [],
      ({ totals }) => totals?.active?.all[period],
    ),
  ),
]

const notifiers: readonly Family[] = [
  counter([name('queues_notify_created'), 'Notifiers set by NKEY.'], [], (subject) =>
    ok(subject, 'NKEY'),
  ),
  counter(
    [name('queues_notify_new_created'), 'Notifiers set by NEW.'],
    [],
    ({ measures: { session } }) => session.details.newWithNotifier,
  ),
  counter([name('queues_notify_deleted'), 'Notifiers removed by NDEL.'], [], (subject) =>
    ok(subject, 'NDEL'),
  ),
  counter(
    [name('queues_notify_deleted_batch'), 'Blocks of several commands that begin with NDEL.'],
    [],
    ({ measures: { session } }) => session.batches.get('NDEL'),
  ),
  ...(['day', 'week', 'month'] as const).map((period) =>
    gauge(
      [
        name(`queues_notify_${adverbs[period]}`),
        `Queues of the whole cluster that a message with a notification was sent to in the present ${period} (UTC); an estimate.`,
      ],
      [],
      ({ totals }) => totals?.active?.notifying[period],
    ),
  ),
  gauge(
    [name('queues_notify_total2'), 'Queues of the whole cluster that have a notifier.'],
    [],
    ({ totals }) => totals?.counts?.notifiers,
  ),
  counter(
    [name('messages_ntf_successes'), 'Notifications sent to notification servers.'],
    [],
    ({ measures: { session } }) => session.notifications.sent,
  ),
  counter(
    [name('messages_ntf_successes_batch'), 'Times that notifications were sent, some together.'],
    [],
    ({ measures: { session } }) => session.notifications.batches,
  ),
  counter(
    [
      name('messages_ntf_errors'),
      'Notifications not sent: too old when they were asked for, or others came (expired).',
    ],
    ['type'],
    ({ measures: { store } }) => [[['expired'], store.droppedNotifications.expired]],
  ),
]

const messages: readonly Family[] = [
  counter([name('messages_sent'), 'Messages accepted from senders.'], [], (subject) =>
    ok(subject, 'SEND'),
  ),
  counter(
    [
      name('messages_sent_errors'),
      'SENDs refused: no right to (auth), queue full (quota), too long (large), queue blocked (block).',
    ],
    ['type'],
    (subject) =>
      errors(subject, 'SEND', {
        auth: 'auth',
        quota: 'quota',
        large: 'large_msg',
        block: 'blocked',
      }),
  ),
  counter(
    [name('messages_received'), 'Messages acknowledged by recipients.'],
    [],
    ({ measures: { session } }) => session.subscriptions.acknowledged,
  ),
  counter(
    [
      name('messages_expired'),
      'Messages that expired: found when their queue was asked for, or a day later where nobody asked.',
    ],
    [],
    ({ measures: { store } }) => store.expiredMessages,
  ),
  gauge(
    [name('messages_total'), 'Messages that the whole cluster stores, quota markers included.'],
    [],
    ({ totals }) => totals?.counts?.messages,
  ),
  counter(
    [name('messages_notify_sent'), 'Messages accepted that ask for a notification.'],
    [],
    ({ measures: { session } }) => session.details.sentWithNotification,
  ),
  counter(
    [name('messages_notify_get_sent'), 'Messages given to GET.'],
    [],
    ({ measures: { session } }) => session.deliveredBy.get('get'),
  ),
  counter(
    [name('messages_notify_get_received'), 'Messages acknowledged by readers with GET.'],
    [],
    ({ measures: { session } }) => session.subscriptions.acknowledgedByGet,
  ),
  counter(
    [
      name('messages_notify_get_errors'),
      'GETs without a message: none there (nomsg), no right to (auth), after SUB (prohibited); and those before the last message was acknowledged (duplicate).',
    ],
    ['type'],
    (subject) => [
      [['nomsg'], ok(subject, 'GET') - subject.measures.session.deliveredBy.get('get')],
      [['duplicate'], subject.measures.session.subscriptions.repeated.get],
      ...errors(subject, 'GET', { auth: 'auth', prohibited: 'cmd' }),
    ],
  ),
]

export const referenceQueueFamilies: readonly Family[] = [...queues, ...notifiers, ...messages]
