/** Services: what the reference counts under its names, and the rest. */
import { counter, type Family, gauge, samplesOf } from '../family.ts'
import type { Subject } from '../subject.ts'

const of = ({ measures: { session } }: Subject) => session.subscriptions.services

/** A count of the reference's for notifier services. */
const notifier = (ending: string, help: string, read: (subject: Subject) => number): Family =>
  counter([`simplex_smp_ntf_services_${ending}`, help], [], read)

export const serviceFamilies: readonly Family[] = [
  gauge(
    ['sluice_service_sessions', 'Open sessions of services, by role: messaging, notifier, proxy.'],
    ['role'],
    (subject) => samplesOf(of(subject).open),
  ),
  counter(
    [
      'sluice_service_hellos_total',
      'Client hellos of services by outcome: done, bad_auth (its certificates or signature), bad_service (known in another role), failed (the store could not be asked).',
    ],
    ['role', 'outcome'],
    (subject) =>
      [...of(subject).hellos].flatMap(([role, outcomes]) =>
        [...outcomes].map(([outcome, count]) => [[role, outcome], count] as const),
      ),
  ),
  counter(
    ['sluice_service_ends_total', 'ENDS sent: another connection has taken the service over.'],
    [],
    (subject) => of(subject).endings,
  ),
  gauge(
    [
      'simplex_smp_subscribtion_nts_services_total',
      'Services whose notifications a connection of this pod holds.',
    ],
    [],
    (subject) => of(subject).held.total,
  ),
  gauge(
    ['simplex_smp_rcv_services_count', 'Messaging services known to the whole cluster.'],
    [],
    ({ totals }) => totals?.counts?.services.messaging,
  ),
  gauge(
    ['simplex_smp_ntf_services_count', 'Notification services known to the whole cluster.'],
    [],
    ({ totals }) => totals?.counts?.services.notifier,
  ),
  gauge(
    [
      'simplex_smp_ntf_services_queues_count',
      'Notifiers of the whole cluster that are a service’s.',
    ],
    [],
    ({ totals }) => totals?.counts?.serviceNotifiers,
  ),
  gauge(
    [
      'simplex_smp_ntf_services_sub_queues',
      'Notifiers that are subscribed to by way of their service, as connections of this pod were told.',
    ],
    [],
    (subject) => of(subject).notifiers.total,
  ),
  notifier(
    'assoc_new',
    'NSUBs of services for notifiers that had none.',
    (subject) => of(subject).associations.new,
  ),
  notifier(
    'assoc_duplicate',
    'NSUBs of services for notifiers that were theirs.',
    (subject) => of(subject).associations.duplicate,
  ),
  notifier(
    'assoc_updated',
    'NSUBs of services for notifiers of another service.',
    (subject) => of(subject).associations.updated,
  ),
  notifier(
    'assoc_removed',
    'NSUBs of ordinary connections for notifiers of a service, which loses them.',
    (subject) => of(subject).associationsRemoved,
  ),
  notifier(
    'sub_count',
    'NSUBS that took a service over.',
    (subject) => of(subject).subscriptions.done,
  ),
  notifier(
    'sub_duplicate',
    'NSUBS of the connection that holds the service.',
    (subject) => of(subject).subscriptions.duplicate,
  ),
]
