/** What the reference server exports too, under its names: clients, subscriptions, other relays. */
import { packageVersion } from '../../package-version.ts'
import type { Counts } from '../../proxy/statistics.ts'
import { counter, type Family, gauge, type Sample } from '../family.ts'
import type { Subject } from '../subject.ts'

const name = (ending: string): string => `simplex_smp_${ending}`

const sockets = (
  { measures: { transport } }: Subject,
  read: (accepted: number, closed: number) => number,
): Sample[] =>
  [...transport.sockets].map(([port, { accepted, closed }]) => [[port], read(accepted, closed)])

const clients: readonly Family[] = [
  gauge([name('info'), 'Always 1: which version runs.'], ['version'], () => [
    [[`sluice ${packageVersion()}`], 1],
  ]),
  gauge([name('clients_total'), 'Open SMP sessions.'], [], ({ measures: { transport } }) =>
    Object.values(transport.open).reduce((sum, count) => sum + count, 0),
  ),
  gauge(
    [name('sockets_accepted'), 'TCP connections accepted on a port for clients.'],
    ['port'],
    (subject) => sockets(subject, (accepted) => accepted),
  ),
  gauge(
    [name('sockets_closed'), 'TCP connections accepted on a port for clients and closed since.'],
    ['port'],
    (subject) => sockets(subject, (_, closed) => closed),
  ),
  gauge(
    [name('sockets_active'), 'TCP connections of a port for clients that are open.'],
    ['port'],
    (subject) => sockets(subject, (accepted, closed) => accepted - closed),
  ),
]

const outcome = ({ measures: { session } }: Subject, tag: string, word: string): number =>
  session.commands.find(tag)?.outcomes.get(word) ?? 0

const repeated = ({ measures: { session } }: Subject) => session.subscriptions.repeated

const subscriptions: readonly Family[] = [
  gauge(
    [name('subscribtion_total'), 'Queues that connections of this pod are subscribed to.'],
    [],
    ({ measures: { session } }) => session.subscriptions.queues.total,
  ),
  gauge(
    [name('subscribtion_clients_total'), 'Connections that are subscribed to queues.'],
    [],
    ({ measures: { session } }) => session.subscriptions.queues.holders,
  ),
  counter(
    [name('subscribtion_successes'), 'SUBs that brought a message.'],
    [],
    ({ measures: { session } }) => session.deliveredBy.get('sub'),
  ),
  counter(
    [name('subscribtion_successes_batch'), 'Blocks of several commands that begin with SUB.'],
    [],
    ({ measures: { session } }) => session.batches.get('SUB'),
  ),
  counter(
    [name('subscribtion_end'), 'END and DELD sent.'],
    [],
    ({ measures: { session } }) => session.endings.sent,
  ),
  counter(
    [name('subscribtion_end_batch'), 'Times that END and DELD were sent, some together.'],
    [],
    ({ measures: { session } }) => session.endings.batches,
  ),
  counter(
    [
      name('subscribtion_errors'),
      'SUBs refused: no right to (auth), after GET (prohibited); and those answered that the connection had sent before (duplicate).',
    ],
    ['type'],
    (subject) => [
      [['auth'], outcome(subject, 'SUB', 'auth')],
      [['duplicate'], repeated(subject).sub],
      [['prohibited'], outcome(subject, 'SUB', 'cmd')],
    ],
  ),
  gauge(
    [name('subscription_ntf_total'), 'Notifiers that connections of this pod are subscribed to.'],
    [],
    ({ measures: { session } }) => session.subscriptions.notifiers.total,
  ),
  gauge(
    [name('subscription_ntf_clients_total'), 'Connections that are subscribed to notifiers.'],
    [],
    ({ measures: { session } }) => session.subscriptions.notifiers.holders,
  ),
  counter([name('subscription_ntf_requests'), 'Successful NSUBs.'], [], (subject) =>
    outcome(subject, 'NSUB', 'ok'),
  ),
  counter(
    [name('subscription_ntf_requests_batch'), 'Blocks of several commands that begin with NSUB.'],
    [],
    ({ measures: { session } }) => session.batches.get('NSUB'),
  ),
  counter(
    [
      name('subscribtion_ntf_errors'),
      'NSUBs refused: no right to (auth); and those answered that the connection had sent before (duplicate).',
    ],
    ['type'],
    (subject) => [
      [['auth'], outcome(subject, 'NSUB', 'auth')],
      [['duplicate'], repeated(subject).nsub],
    ],
  ),
]

type Part = 'sessions' | 'commands'

const each = ({ proxy }: Subject, part: Part, read: (counts: Counts) => number): Sample[] =>
  (['all', 'own'] as const).map((source) => {
    const counts = proxy?.[part][source]
    return [[source], counts === undefined ? 0 : read(counts)]
  })

const fields = {
  connect: 'connectErrors',
  compat: 'compatibilityErrors',
  other: 'otherErrors',
} as const

const errors = (subject: Subject, part: Part): Sample[] =>
  (['connect', 'compat', 'other'] as const).flatMap((type) =>
    each(subject, part, (counts) => counts[fields[type]]).map(
      ([labels, count]): Sample => [[...labels, type], count],
    ),
  )

const OF = 'of all relays, or of the operator’s own domains'

const relays: readonly Family[] = [
  counter(
    [name('relay_sessions_requests'), `PRXY: sessions asked for, ${OF}.`],
    ['source'],
    (subject) => each(subject, 'sessions', ({ requests }) => requests),
  ),
  counter(
    [name('relay_sessions_successes'), `PRXY: sessions given, ${OF}.`],
    ['source'],
    (subject) => each(subject, 'sessions', ({ successes }) => successes),
  ),
  counter(
    [
      name('relay_sessions_errors'),
      `PRXY: sessions not given, ${OF}: no connection (connect), no common version or key (compat), other.`,
    ],
    ['source', 'type'],
    (subject) => errors(subject, 'sessions'),
  ),
  counter(
    [name('relay_messages_requests'), `PFWD: commands to be forwarded, ${OF}.`],
    ['source'],
    (subject) => each(subject, 'commands', ({ requests }) => requests),
  ),
  counter(
    [name('relay_messages_successes'), `PFWD: commands that the other relay answered, ${OF}.`],
    ['source'],
    (subject) => each(subject, 'commands', ({ successes }) => successes),
  ),
  counter(
    [
      name('relay_messages_errors'),
      `PFWD: commands that it did not answer, ${OF}: no session (connect), no common version or key (compat), other.`,
    ],
    ['source', 'type'],
    (subject) => errors(subject, 'commands'),
  ),
  counter(
    [
      name('relay_messages_received'),
      'RFWD: commands forwarded by other relays that were answered.',
    ],
    [],
    (subject) => outcome(subject, 'RFWD', 'ok'),
  ),
  gauge(
    ['sluice_proxy_sessions', 'Open sessions with other relays.'],
    [],
    ({ proxy }) => proxy?.openSessions,
  ),
]

export const referenceSessionFamilies: readonly Family[] = [...clients, ...subscriptions]
export const referenceRelayFamilies: readonly Family[] = relays
