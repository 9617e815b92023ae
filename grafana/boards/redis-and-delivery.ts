/** The way of a message: Redis, from pod to pod, to its subscriber. */
import type { Board, Row } from '../board.ts'
import { curves } from '../curves.ts'
import {
  increase,
  max,
  of,
  once,
  orNone,
  orZero,
  POD,
  POD_LEGEND,
  quantile,
  rate,
  sum,
} from '../promql.ts'

/** These wait for replicas or the disk, by the second. */
const QUICK = 'call!~"WAIT|WAITAOF"'

const redis: Row = {
  title: 'Redis, as pods see it',
  panels: [
    curves(
      ['Calls', 'A second, by script or command.'],
      { kind: 'stacked', unit: 'reqps', width: 8 },
      { '{{call}}': sum(rate('sluice_redis_call_duration_seconds_count'), 'call') },
    ),
    curves(
      [
        'Duration of calls',
        'Of all calls but WAIT and WAITAOF, which wait for replicas or the disk.',
      ],
      { unit: 's', width: 8, thresholds: [{ from: 0.1, color: 'orange' }] },
      {
        p50: quantile(0.5, 'sluice_redis_call_duration_seconds', QUICK),
        p95: quantile(0.95, 'sluice_redis_call_duration_seconds', QUICK),
        p99: quantile(0.99, 'sluice_redis_call_duration_seconds', QUICK),
      },
    ),
    curves(
      [
        'Duration of calls, p99 by call',
        'One slow script points at large queues; all slow at Redis or the network.',
      ],
      { unit: 's', width: 8 },
      { '{{call}}': quantile(0.99, 'sluice_redis_call_duration_seconds', '', 'call') },
    ),
    curves(
      [
        'Failures',
        'A second: unavailable (no answer in time), full (out of memory), refused (any other error). None, when all is well.',
      ],
      { unit: 'reqps', width: 8, thresholds: [{ from: 0.1, color: 'red' }] },
      { '{{error}}': orNone(sum(rate('sluice_redis_call_errors_total'), 'error'), 'error') },
    ),
    curves(
      [
        'Reconnections',
        'In each interval, of connections for commands and for nudges. Some after a failover; otherwise the network or Redis breaks them.',
      ],
      { unit: 'short', width: 8 },
      {
        '{{connection}}': orNone(
          sum(increase('sluice_redis_reconnections_total'), 'connection'),
          'connection',
        ),
      },
    ),
    curves(
      [
        'Pods that reach Redis',
        'Pods whose connections to every primary and to their mailboxes are there.',
      ],
      { unit: 'short', width: 8 },
      {
        'reach it': sum(of('sluice_part_ready', 'part="store"')),
        all: `count(${of('sluice_part_ready', 'part="store"')})`,
      },
    ),
    curves(
      [
        'Cache of queue records',
        'Share of records that needed no reading from Redis. After a start of pods it is low for a while.',
      ],
      { unit: 'percentunit', width: 6, max: 1 },
      {
        hits: `${sum(rate('sluice_record_cache_requests_total', 'result="hit"'))} / ${sum(
          rate('sluice_record_cache_requests_total'),
        )}`,
      },
    ),
    curves(
      [
        'Stored messages',
        'In the whole cluster. What grows here fills Redis: about 16.4 KB a message.',
      ],
      { unit: 'short', width: 6 },
      { messages: once('simplex_smp_messages_total') },
    ),
    curves(
      [
        'Memory of Redis',
        'What it uses and may use; in a Redis Cluster that of the fullest primary. Full: SEND gets QUOTA. A limit of 0 is none: set maxmemory.',
      ],
      { unit: 'bytes', width: 6 },
      {
        used: max(of('sluice_redis_memory_used_bytes')),
        limit: max(of('sluice_redis_memory_max_bytes')),
      },
    ),
    curves(
      [
        'Age of the totals',
        'Since pods last asked Redis for what the cluster holds; they do so about every 30 s.',
      ],
      { unit: 's', width: 6, thresholds: [{ from: 300, color: 'orange' }] },
      { oldest: max(of('sluice_cluster_totals_age_seconds')) },
    ),
  ],
}

const delivery: Row = {
  title: 'Delivery',
  panels: [
    curves(
      [
        'Delivery latency',
        'From taking a message in to pushing it to a subscriber that waits, with its sender on the same pod (local) or another (remote).',
      ],
      { unit: 's', width: 8, thresholds: [{ from: 0.5, color: 'orange' }] },
      {
        'p50 {{path}}': quantile(0.5, 'sluice_delivery_latency_seconds', '', 'path'),
        'p99 {{path}}': quantile(0.99, 'sluice_delivery_latency_seconds', '', 'path'),
      },
    ),
    {
      title: 'Delivery latency, all',
      description: 'How many messages took how long.',
      kind: 'heatmap',
      unit: 's',
      width: 8,
      queries: [
        { expr: sum(increase('sluice_delivery_latency_seconds_bucket'), 'le'), legend: '{{le}}' },
      ],
    },
    curves(
      [
        'Delivered by',
        'Pushed to who waits, or with the answer to SUB, ACK or GET. Much by SUB: clients come back to messages that waited.',
      ],
      { kind: 'stacked', unit: 'mps', width: 8 },
      { '{{by}}': sum(rate('sluice_messages_delivered_total'), 'by') },
    ),
    curves(
      [
        'Time to acknowledgement',
        'From a delivery to its ACK: what clients and their networks take.',
      ],
      { unit: 's', width: 8 },
      {
        p50: quantile(0.5, 'simplex_smp_delivery_ack_confirmed_time'),
        p99: quantile(0.99, 'simplex_smp_delivery_ack_confirmed_time'),
      },
    ),
    curves(
      [
        'Waiting for acknowledgement',
        'Deliveries by the seconds since then. Many old ones: clients that hang, or keep a connection that they do not use.',
      ],
      { kind: 'stacked', unit: 'short', width: 8 },
      { '{{period}}': sum(of('simplex_smp_delivery_ack_pending_count'), 'period') },
    ),
    curves(
      [
        'Longest wait for acknowledgement',
        'Since the oldest delivery of each pod that is not acknowledged.',
      ],
      { unit: 's', width: 8 },
      { [POD_LEGEND]: max(of('simplex_smp_delivery_ack_time_max'), POD) },
    ),
    curves(
      [
        'Expired messages',
        'Messages that nobody fetched in SLUICE_MESSAGE_TTL_SECONDS: found when somebody asks for their queue, or a day later.',
      ],
      { unit: 'mps', width: 12 },
      { expired: sum(rate('simplex_smp_messages_expired')) },
    ),
    curves(
      [
        'Subscriptions that ended',
        'END and DELD sent a second: another connection took the queue over, or it was deleted.',
      ],
      { unit: 'short', width: 12 },
      { 'a second': sum(rate('simplex_smp_subscribtion_end')) },
    ),
  ],
}

const notifications: Row = {
  title: 'Notifications and notification servers',
  panels: [
    curves(
      ['Notifications', 'Sent to notification servers, and messages that asked for one.'],
      { unit: 'mps', width: 8 },
      {
        sent: sum(rate('simplex_smp_messages_ntf_successes')),
        'asked for': sum(rate('simplex_smp_messages_notify_sent')),
      },
    ),
    curves(
      [
        'Notifications dropped',
        'Too old when they were asked for, or dropped for newer ones: their notification server does not fetch them.',
      ],
      { unit: 'mps', width: 8 },
      {
        'too old': sum(rate('simplex_smp_messages_ntf_errors', 'type="expired"')),
        'for newer ones': sum(rate('sluice_notifications_displaced_total')),
      },
    ),
    curves(
      [
        'Notifiers',
        'In the whole cluster, those of them that are a service’s, and how many of these connected services hold, which should be all.',
      ],
      { unit: 'short', width: 8 },
      {
        all: once('simplex_smp_queues_notify_total2'),
        'of services': once('simplex_smp_ntf_services_queues_count'),
        'held by connected services': sum(of('simplex_smp_ntf_services_sub_queues')),
      },
    ),
    curves(
      ['Sessions of services', 'Open, by role; notification servers are notifiers.'],
      { unit: 'short', width: 8 },
      { '{{role}}': sum(of('sluice_service_sessions'), 'role') },
    ),
    curves(
      [
        'Services refused',
        'Hellos a second whose certificates or signature are wrong (bad_auth), that come in another role (bad_service), or that Redis could not be asked about (failed).',
      ],
      { unit: 'cps', width: 8 },
      {
        '{{role}} {{outcome}}': orNone(
          sum(rate('sluice_service_hellos_total', 'outcome!="done"'), 'role, outcome'),
          'outcome',
        ),
      },
    ),
    curves(
      [
        'Changes of services',
        'In each interval: notifiers that became a service’s, were another’s or are no more, services that were taken over, and ENDS for those who had them.',
      ],
      { unit: 'short', width: 8 },
      {
        new: sum(increase('simplex_smp_ntf_services_assoc_new')),
        'of another': sum(increase('simplex_smp_ntf_services_assoc_updated')),
        removed: sum(increase('simplex_smp_ntf_services_assoc_removed')),
        'taken over': sum(increase('simplex_smp_ntf_services_sub_count')),
        ENDS: sum(increase('sluice_service_ends_total')),
      },
    ),
  ],
}

const betweenPods: Row = {
  title: 'Between pods',
  panels: [
    curves(
      [
        'Nudge lag',
        'From publishing on a channel of a pod to hearing it, by probes. A pod that hears nothing looks at its mailboxes every half second.',
      ],
      { unit: 's', width: 8, thresholds: [{ from: 0.5, color: 'orange' }] },
      {
        p50: quantile(0.5, 'sluice_nudge_lag_seconds'),
        p99: quantile(0.99, 'sluice_nudge_lag_seconds'),
      },
    ),
    curves(
      ['Probes heard, by pod', 'A second. A pod at 0 hears no nudges.'],
      { unit: 'short', width: 8 },
      { [POD_LEGEND]: sum(rate('sluice_nudge_lag_seconds_count'), POD) },
    ),
    curves(
      ['Mailbox entries', 'A second, by what one pod told another.'],
      { kind: 'stacked', unit: 'short', width: 8 },
      { '{{type}}': orNone(sum(rate('sluice_mailbox_entries_total'), 'type'), 'type') },
    ),
    curves(
      ['Entries found at once', 'In a mailbox that was not empty. Many: the pod does not keep up.'],
      { unit: 'short', width: 12 },
      {
        p50: quantile(0.5, 'sluice_mailbox_drained_entries'),
        p99: quantile(0.99, 'sluice_mailbox_drained_entries'),
      },
    ),
    curves(
      [
        'Records of the past',
        'Commands that were verified and run again, since their queue had changed on another pod.',
      ],
      { unit: 'reqps', width: 12 },
      { 'a second': orZero(sum(rate('sluice_stale_records_total'))) },
    ),
  ],
}

export const redisAndDelivery: Board = {
  name: 'redis-and-delivery',
  title: 'Sluice / Redis and delivery',
  description: 'Redis as the pods see it, and the way of messages through it.',
  variables: ['cluster', 'namespace', 'job', 'pod'],
  rows: [redis, delivery, notifications, betweenPods],
}
