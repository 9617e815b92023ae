/** The way of a message: Redis, from pod to pod, to its subscriber. */
import type { Board, Row } from '../board.ts'
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
    {
      title: 'Calls',
      description: 'A second, by script or command.',
      kind: 'stacked',
      unit: 'reqps',
      width: 8,
      queries: [
        { expr: sum(rate('sluice_redis_call_duration_seconds_count'), 'call'), legend: '{{call}}' },
      ],
    },
    {
      title: 'Duration of calls',
      description: 'Of all calls but WAIT and WAITAOF, which wait for replicas or the disk.',
      kind: 'lines',
      unit: 's',
      width: 8,
      thresholds: [{ from: 0.1, color: 'orange' }],
      queries: [
        { expr: quantile(0.5, 'sluice_redis_call_duration_seconds', QUICK), legend: 'p50' },
        { expr: quantile(0.95, 'sluice_redis_call_duration_seconds', QUICK), legend: 'p95' },
        { expr: quantile(0.99, 'sluice_redis_call_duration_seconds', QUICK), legend: 'p99' },
      ],
    },
    {
      title: 'Duration of calls, p99 by call',
      description: 'One slow script points at large queues; all slow at Redis or the network.',
      kind: 'lines',
      unit: 's',
      width: 8,
      queries: [
        {
          expr: quantile(0.99, 'sluice_redis_call_duration_seconds', '', 'call'),
          legend: '{{call}}',
        },
      ],
    },
    {
      title: 'Failures',
      description:
        'A second: unavailable (no answer in time), full (out of memory), refused (any other error). None, when all is well.',
      kind: 'lines',
      unit: 'reqps',
      width: 8,
      thresholds: [{ from: 0.1, color: 'red' }],
      queries: [
        {
          expr: orNone(sum(rate('sluice_redis_call_errors_total'), 'error'), 'error'),
          legend: '{{error}}',
        },
      ],
    },
    {
      title: 'Reconnections',
      description:
        'In each interval, of connections for commands and for nudges. Some after a failover; otherwise the network or Redis breaks them.',
      kind: 'lines',
      unit: 'short',
      width: 8,
      queries: [
        {
          expr: orNone(
            sum(increase('sluice_redis_reconnections_total'), 'connection'),
            'connection',
          ),
          legend: '{{connection}}',
        },
      ],
    },
    {
      title: 'Pods that reach Redis',
      description: 'Pods whose connections to every primary and to their mailboxes are there.',
      kind: 'lines',
      unit: 'short',
      width: 8,
      queries: [
        { expr: sum(of('sluice_part_ready', 'part="store"')), legend: 'reach it' },
        { expr: `count(${of('sluice_part_ready', 'part="store"')})`, legend: 'all' },
      ],
    },
    {
      title: 'Cache of queue records',
      description:
        'Share of records that needed no reading from Redis. After a start of pods it is low for a while.',
      kind: 'lines',
      unit: 'percentunit',
      width: 6,
      max: 1,
      queries: [
        {
          expr: `${sum(rate('sluice_record_cache_requests_total', 'result="hit"'))} / ${sum(
            rate('sluice_record_cache_requests_total'),
          )}`,
          legend: 'hits',
        },
      ],
    },
    {
      title: 'Stored messages',
      description: 'In the whole cluster. What grows here fills Redis: about 16.4 KB a message.',
      kind: 'lines',
      unit: 'short',
      width: 6,
      queries: [{ expr: once('simplex_smp_messages_total'), legend: 'messages' }],
    },
    {
      title: 'Memory of Redis',
      description:
        'What it uses and may use; in a Redis Cluster that of the fullest primary. Full: SEND gets QUOTA. A limit of 0 is none: set maxmemory.',
      kind: 'lines',
      unit: 'bytes',
      width: 6,
      queries: [
        { expr: max(of('sluice_redis_memory_used_bytes')), legend: 'used' },
        { expr: max(of('sluice_redis_memory_max_bytes')), legend: 'limit' },
      ],
    },
    {
      title: 'Age of the totals',
      description:
        'Since pods last asked Redis for what the cluster holds; they do so about every 30 s.',
      kind: 'lines',
      unit: 's',
      width: 6,
      thresholds: [{ from: 300, color: 'orange' }],
      queries: [{ expr: max(of('sluice_cluster_totals_age_seconds')), legend: 'oldest' }],
    },
  ],
}

const delivery: Row = {
  title: 'Delivery',
  panels: [
    {
      title: 'Delivery latency',
      description:
        'From taking a message in to pushing it to a subscriber that waits, with its sender on the same pod (local) or another (remote).',
      kind: 'lines',
      unit: 's',
      width: 8,
      thresholds: [{ from: 0.5, color: 'orange' }],
      queries: [
        {
          expr: quantile(0.5, 'sluice_delivery_latency_seconds', '', 'path'),
          legend: 'p50 {{path}}',
        },
        {
          expr: quantile(0.99, 'sluice_delivery_latency_seconds', '', 'path'),
          legend: 'p99 {{path}}',
        },
      ],
    },
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
    {
      title: 'Delivered by',
      description:
        'Pushed to who waits, or with the answer to SUB, ACK or GET. Much by SUB: clients come back to messages that waited.',
      kind: 'stacked',
      unit: 'mps',
      width: 8,
      queries: [{ expr: sum(rate('sluice_messages_delivered_total'), 'by'), legend: '{{by}}' }],
    },
    {
      title: 'Time to acknowledgement',
      description: 'From a delivery to its ACK: what clients and their networks take.',
      kind: 'lines',
      unit: 's',
      width: 8,
      queries: [
        { expr: quantile(0.5, 'simplex_smp_delivery_ack_confirmed_time'), legend: 'p50' },
        { expr: quantile(0.99, 'simplex_smp_delivery_ack_confirmed_time'), legend: 'p99' },
      ],
    },
    {
      title: 'Subscriptions that ended',
      description:
        'END and DELD sent a second: another connection took the queue over, or it was deleted.',
      kind: 'lines',
      unit: 'short',
      width: 8,
      queries: [{ expr: sum(rate('simplex_smp_subscribtion_end')), legend: 'a second' }],
    },
    {
      title: 'Notifications',
      description: 'Sent to notification servers, and messages that asked for one.',
      kind: 'lines',
      unit: 'mps',
      width: 8,
      queries: [
        { expr: sum(rate('simplex_smp_messages_ntf_successes')), legend: 'sent' },
        { expr: sum(rate('simplex_smp_messages_notify_sent')), legend: 'asked for' },
      ],
    },
  ],
}

const betweenPods: Row = {
  title: 'Between pods',
  panels: [
    {
      title: 'Nudge lag',
      description:
        'From publishing on a channel of a pod to hearing it, by probes. A pod that hears nothing looks at its mailboxes every half second.',
      kind: 'lines',
      unit: 's',
      width: 8,
      thresholds: [{ from: 0.5, color: 'orange' }],
      queries: [
        { expr: quantile(0.5, 'sluice_nudge_lag_seconds'), legend: 'p50' },
        { expr: quantile(0.99, 'sluice_nudge_lag_seconds'), legend: 'p99' },
      ],
    },
    {
      title: 'Probes heard, by pod',
      description: 'A second. A pod at 0 hears no nudges.',
      kind: 'lines',
      unit: 'short',
      width: 8,
      queries: [{ expr: sum(rate('sluice_nudge_lag_seconds_count'), POD), legend: POD_LEGEND }],
    },
    {
      title: 'Mailbox entries',
      description: 'A second, by what one pod told another.',
      kind: 'stacked',
      unit: 'short',
      width: 8,
      queries: [
        {
          expr: orNone(sum(rate('sluice_mailbox_entries_total'), 'type'), 'type'),
          legend: '{{type}}',
        },
      ],
    },
    {
      title: 'Entries found at once',
      description: 'In a mailbox that was not empty. Many: the pod does not keep up.',
      kind: 'lines',
      unit: 'short',
      width: 12,
      queries: [
        { expr: quantile(0.5, 'sluice_mailbox_drained_entries'), legend: 'p50' },
        { expr: quantile(0.99, 'sluice_mailbox_drained_entries'), legend: 'p99' },
      ],
    },
    {
      title: 'Records of the past',
      description:
        'Commands that were verified and run again, since their queue had changed on another pod.',
      kind: 'lines',
      unit: 'reqps',
      width: 12,
      queries: [{ expr: orZero(sum(rate('sluice_stale_records_total'))), legend: 'a second' }],
    },
  ],
}

export const redisAndDelivery: Board = {
  name: 'redis-and-delivery',
  title: 'Sluice / Redis and delivery',
  description: 'Redis as the pods see it, and the way of messages through it.',
  variables: ['cluster', 'namespace', 'job', 'pod'],
  rows: [redis, delivery, betweenPods],
}
