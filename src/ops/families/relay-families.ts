/** The relay as a whole. */
import { totalmem } from 'node:os'
import { packageVersion } from '../../package-version.ts'
import { counter, type Family, gauge, type Sample, samplesOf } from '../family.ts'

const secondsOf = (date: Date): number => date.getTime() / 1000

/** A group of processes without a limit has a very large one. */
const memoryLimit = Math.min(process.constrainedMemory() || totalmem(), totalmem())

export const relayFamilies: readonly Family[] = [
  gauge(
    ['sluice_build_info', 'Always 1: which version runs, on which Node.'],
    ['version', 'node'],
    () => [[[packageVersion(), process.version], 1]],
  ),
  gauge(
    ['sluice_ready', 'Whether the pod is ready (1) as /readyz says, or not (0).'],
    [],
    ({ health }) => Number(health.isReady),
  ),
  gauge(
    ['sluice_part_ready', 'Whether a part of the pod is ready: identity, store, listeners.'],
    ['part'],
    ({ health }) =>
      health.parts.map((part) => [[part], Number(health.problemOf(part) === undefined)]),
  ),
  gauge(
    ['sluice_draining', 'Whether the pod is stopping (1) and closes its connections.'],
    [],
    ({ health }) => Number(health.isDraining),
  ),
  gauge(
    [
      'sluice_memory_limit_bytes',
      'Memory that the process may use: of its container, or of the machine.',
    ],
    [],
    () => memoryLimit,
  ),
  gauge(
    [
      'sluice_certificate_expiry_timestamp_seconds',
      'When a certificate expires, in seconds since the epoch: the identity (the first of its two) or the one for browsers.',
    ],
    ['certificate'],
    ({ certificates }) =>
      Object.entries(certificates).flatMap(([name, date]): Sample[] =>
        date instanceof Date ? [[[name], secondsOf(date)]] : [],
      ),
  ),
  counter(
    [
      'sluice_trace_spans_total',
      'Spans of traces by what became of them: exported, failed (the collector did not take them), dropped (too many waited). Only with tracing.',
    ],
    ['outcome'],
    ({ measures: { spans } }) => spans && samplesOf(spans),
  ),
  gauge(
    [
      'sluice_cluster_totals_age_seconds',
      'Age of the totals of the cluster that this pod exports; they are asked for in the background.',
    ],
    [],
    ({ totals }) => totals?.ageSeconds,
  ),
]
