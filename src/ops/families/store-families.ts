/** The store, and Redis as this pod sees it. */
import { counter, type Family, gauge, histogram, observed, samplesOf } from '../family.ts'

export const storeFamilies: readonly Family[] = [
  histogram(
    [
      'sluice_redis_call_duration_seconds',
      'Time that calls of Redis took, attempts after the first included: scripts by name, commands in capitals.',
    ],
    ['call'],
    ({ measures: { store } }) =>
      observed([...store.calls].map(([call, { seconds }]) => [call, seconds])),
  ),
  counter(
    [
      'sluice_redis_call_errors_total',
      'Calls of Redis that failed: unavailable (no answer in time), full (out of memory), refused (any other error).',
    ],
    ['call', 'error'],
    ({ measures: { store } }) =>
      [...store.calls].flatMap(([call, { errors }]) =>
        [...errors].map(([error, count]) => [[call, error], count] as const),
      ),
  ),
  counter(
    [
      'sluice_redis_reconnections_total',
      'Connections to Redis that were made again, for commands or for nudges.',
    ],
    ['connection'],
    ({ measures: { store } }) => samplesOf(store.reconnections),
  ),
  gauge(
    [
      'sluice_redis_memory_used_bytes',
      'Memory that Redis uses; in a Redis Cluster that of the primary which is fullest.',
    ],
    [],
    ({ totals }) => totals?.memory?.usedBytes,
  ),
  gauge(
    ['sluice_redis_memory_max_bytes', 'Memory that this Redis may use (maxmemory); 0: no limit.'],
    [],
    ({ totals }) => totals?.memory?.limitBytes,
  ),
  counter(
    [
      'sluice_record_cache_requests_total',
      'Queue records asked for: in the cache (hit), read from Redis (miss), or read since what the cache has may be of the past (fresh).',
    ],
    ['result'],
    ({ measures: { store } }) => samplesOf(Object.entries(store.cache)),
  ),
  counter(
    [
      'sluice_notifications_displaced_total',
      'Notifications dropped for newer ones, as 128 of one notifier waited: its notification server does not fetch them.',
    ],
    [],
    ({ measures: { store } }) => store.droppedNotifications.displaced,
  ),
  counter(
    ['sluice_mailbox_entries_total', 'Entries from other pods, by what they are about.'],
    ['type'],
    ({ measures: { store } }) => samplesOf(store.entries),
  ),
  histogram(
    ['sluice_mailbox_drained_entries', 'Entries found at once in a mailbox that was not empty.'],
    [],
    ({ measures: { store } }) => store.drained,
  ),
  histogram(
    [
      'sluice_nudge_lag_seconds',
      'Time from publishing to a channel of this pod to hearing it; probes, several a second.',
    ],
    [],
    ({ measures: { store } }) => store.nudgeSeconds,
  ),
]
