/** Redis, what goes through it, and what fills it. */
import type { Group } from '../rule.ts'

export const storeAlerts: readonly Group[] = [
  {
    name: 'sluice-redis',
    alerts: [
      {
        name: 'SluiceRedisDown',
        expr: 'max by (cluster, namespace, job) (sluice_part_ready{part="store"}) == 0',
        wait: '1m',
        severity: 'critical',
        summary: 'No pod reaches Redis',
        description: 'All pods of {{ $labels.job }} have lost Redis, or one shard of it.',
      },
      {
        name: 'SluiceRedisUnreachable',
        expr: 'sluice_part_ready{part="store"} == 0',
        wait: '5m',
        severity: 'warning',
        summary: 'A pod does not reach Redis',
        description:
          '{{ $labels.pod }} {{ $labels.instance }} has been without Redis for 5 minutes.',
      },
      {
        name: 'SluiceRedisErrors',
        expr: `sum by (cluster, namespace, job) (
  rate(sluice_redis_call_errors_total{error=~"unavailable|refused"}[5m])
)
/ sum by (cluster, namespace, job) (rate(sluice_redis_call_duration_seconds_count[5m]))
> 0.01`,
        wait: '5m',
        severity: 'warning',
        summary: 'Calls of Redis fail',
        description:
          '{{ $value | humanizePercentage }} of the calls of Redis by {{ $labels.job }} fail.',
      },
      {
        name: 'SluiceRedisFull',
        expr: `sum by (cluster, namespace, job) (
  increase(sluice_redis_call_errors_total{error="full"}[5m]) > 0
  or
  (
    sluice_redis_call_errors_total{error="full"}
    unless sluice_redis_call_errors_total{error="full"} offset 5m
  )
) > 0`,
        severity: 'critical',
        summary: 'Redis is full',
        description:
          'Redis refused writes of {{ $labels.job }} for lack of memory in the last 5 minutes. Senders are told to wait.',
      },
      {
        name: 'SluiceRedisMemoryHigh',
        expr: `max by (cluster, namespace, job) (
  sluice_redis_memory_used_bytes / (sluice_redis_memory_max_bytes > 0)
) > 0.8`,
        wait: '15m',
        severity: 'warning',
        summary: 'Redis is filling up',
        description:
          'The fullest Redis of {{ $labels.job }} uses {{ $value | humanizePercentage }} of its maxmemory.',
      },
      {
        name: 'SluiceRedisSlow',
        expr: `histogram_quantile(0.99, sum by (cluster, namespace, job, le) (
  rate(sluice_redis_call_duration_seconds_bucket{call!~"WAIT|WAITAOF"}[5m])
)) > 0.1`,
        wait: '10m',
        severity: 'warning',
        summary: 'Redis is slow',
        description:
          '1 % of the calls of Redis by {{ $labels.job }} take longer than {{ $value | humanizeDuration }}.',
      },
      {
        name: 'SluiceRedisReconnecting',
        expr: `sum by (cluster, namespace, job, pod, instance) (
  increase(sluice_redis_reconnections_total[30m])
) > 10`,
        severity: 'warning',
        summary: 'Connections to Redis break again and again',
        description:
          '{{ $labels.pod }} {{ $labels.instance }} made {{ $value | humanize }} connections to Redis again in half an hour.',
      },
      {
        name: 'SluiceTotalsStale',
        expr: 'max by (cluster, namespace, job) (sluice_cluster_totals_age_seconds) > 300',
        wait: '5m',
        severity: 'warning',
        summary: 'What the cluster holds is not known',
        description:
          'A pod of {{ $labels.job }} could not count queues and messages for {{ $value | humanizeDuration }}.',
      },
    ],
  },
  {
    name: 'sluice-delivery',
    alerts: [
      {
        name: 'SluiceNudgeLag',
        expr: `histogram_quantile(0.99, sum by (cluster, namespace, job, le) (
  rate(sluice_nudge_lag_seconds_bucket[5m])
)) > 0.5`,
        wait: '10m',
        severity: 'warning',
        summary: 'Pods hear of new messages late',
        description:
          '1 % of the nudges through Redis to pods of {{ $labels.job }} take longer than {{ $value | humanizeDuration }}.',
      },
      {
        name: 'SluiceNudgesLost',
        expr: `rate(sluice_nudge_lag_seconds_count[5m]) == 0
and on (cluster, namespace, job, instance) sluice_redis_memory_used_bytes`,
        wait: '5m',
        severity: 'warning',
        summary: 'A pod hears no nudges',
        description:
          '{{ $labels.pod }} {{ $labels.instance }} gets nothing that is published to it, and looks for messages every half second instead.',
      },
      {
        name: 'SluiceConnectionsPaused',
        expr: `sum by (cluster, namespace, job, pod, instance) (sluice_connections_paused{reason="work"})
/ sum by (cluster, namespace, job, pod, instance) (sluice_connections > 0)
> 0.05`,
        wait: '10m',
        severity: 'warning',
        summary: 'Many connections wait for the store',
        description:
          '{{ $value | humanizePercentage }} of the connections of {{ $labels.pod }} {{ $labels.instance }} are not read since their commands are not answered yet.',
      },
    ],
  },
  {
    name: 'sluice-use',
    alerts: [
      {
        name: 'SluiceQueuesFull',
        expr: `sum by (cluster, namespace, job) (rate(simplex_smp_messages_sent_errors{type="quota"}[30m]))
/ sum by (cluster, namespace, job) (rate(sluice_commands_total{command="SEND"}[30m]))
> 0.1`,
        wait: '30m',
        severity: 'warning',
        summary: 'Many messages find their queue full',
        description:
          '{{ $value | humanizePercentage }} of the SENDs to {{ $labels.job }} are refused with QUOTA.',
      },
      {
        name: 'SluiceStoredBytesLimit',
        expr: `sum by (cluster, namespace, job) (
  increase(sluice_limit_refusals_total{limit="stored_bytes"}[15m]) > 0
  or
  (
    sluice_limit_refusals_total{limit="stored_bytes"}
    unless sluice_limit_refusals_total{limit="stored_bytes"} offset 15m
  )
) > 0`,
        severity: 'critical',
        summary: 'The cluster takes no more messages',
        description:
          'Messages of {{ $labels.job }} reached SLUICE_LIMIT_STORED_BYTES; senders are told to wait.',
      },
      {
        name: 'SluiceLimitsRefuse',
        expr: `sum by (cluster, namespace, job, limit) (
  rate(sluice_limit_refusals_total{limit!="stored_bytes"}[5m])
) > 10`,
        wait: '15m',
        severity: 'warning',
        summary: 'A limit turns many away',
        description:
          'The limit {{ $labels.limit }} of {{ $labels.job }} turns away {{ $value | humanize }} a second.',
      },
      {
        name: 'SluiceStoredMessagesGrow',
        expr: `max by (cluster, namespace, job) (simplex_smp_messages_total) > 10000
and
max by (cluster, namespace, job) (simplex_smp_messages_total)
> 2 * max by (cluster, namespace, job) (simplex_smp_messages_total offset 1d)`,
        wait: '1h',
        severity: 'warning',
        summary: 'Stored messages grow fast',
        description:
          '{{ $labels.job }} stores {{ $value | humanize }} messages, twice as many as a day ago.',
      },
    ],
  },
]
