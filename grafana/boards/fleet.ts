/** All pods at a glance: is the relay well, and who uses it? */
import type { Board, Row } from '../board.ts'
import { connectionsByKind } from '../connections-by-kind.ts'
import { curves } from '../curves.ts'
import { FAULTS } from '../outcomes.ts'
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
import { badShare, slos } from '../slo.ts'

const [send] = slos

const health: Row = {
  title: 'Health',
  height: 4,
  panels: [
    {
      title: 'Pods ready',
      description: 'Pods that take clients, and all that Prometheus reaches.',
      kind: 'stat',
      unit: 'short',
      width: 4,
      base: 'red',
      thresholds: [{ from: 1, color: 'green' }],
      queries: [
        { expr: sum(of('sluice_ready')), legend: 'ready' },
        { expr: `count(${of('sluice_ready')})`, legend: 'all' },
      ],
    },
    {
      title: 'Draining',
      description: 'Pods that are stopping and move their clients to others.',
      kind: 'stat',
      unit: 'short',
      width: 3,
      thresholds: [{ from: 1, color: 'yellow' }],
      queries: [{ expr: sum(of('sluice_draining')) }],
    },
    {
      title: 'Alerts',
      description: 'Alerts of these rules that fire now.',
      kind: 'stat',
      unit: 'short',
      width: 3,
      thresholds: [{ from: 1, color: 'red' }],
      queries: [{ expr: orZero('count(ALERTS{alertname=~"Sluice.*",alertstate="firing"})') }],
    },
    {
      title: 'SEND without a fault',
      description:
        'Share of SENDs whose answer was not a fault of the relay or of Redis. Refusals count as good.',
      kind: 'stat',
      unit: 'percentunit',
      width: 4,
      decimals: 3,
      base: 'red',
      thresholds: [
        { from: 0.999, color: 'yellow' },
        { from: 0.9995, color: 'green' },
      ],
      queries: send ? [{ expr: `1 - (${badShare(send, of, '$__rate_interval')})` }] : [],
    },
    {
      title: 'Delivery, p99',
      description: '99 % of messages for waiting subscribers were pushed within this time.',
      kind: 'stat',
      unit: 's',
      width: 3,
      thresholds: [
        { from: 0.25, color: 'yellow' },
        { from: 0.5, color: 'red' },
      ],
      queries: [{ expr: quantile(0.99, 'sluice_delivery_latency_seconds') }],
    },
    {
      title: 'Redis failures',
      description: 'Calls of Redis a second that failed, of any kind.',
      kind: 'stat',
      unit: 'reqps',
      width: 3,
      thresholds: [{ from: 0.01, color: 'red' }],
      queries: [{ expr: orZero(sum(rate('sluice_redis_call_errors_total'))) }],
    },
    {
      title: 'Certificates',
      description: 'Time until the first certificate of any pod expires.',
      kind: 'stat',
      unit: 's',
      width: 4,
      base: 'red',
      thresholds: [
        { from: 3 * 86_400, color: 'yellow' },
        { from: 14 * 86_400, color: 'green' },
      ],
      queries: [
        {
          expr: `min by (certificate) (${of('sluice_certificate_expiry_timestamp_seconds')}) - time()`,
          legend: '{{certificate}}',
        },
      ],
    },
  ],
}

const clients: Row = {
  title: 'Clients',
  panels: [
    connectionsByKind,
    curves(
      [
        'Connections by pod',
        'Connections live for hours, so a new pod fills slowly. Uneven for long: see Rebalancing in docs/operations.md.',
      ],
      { unit: 'short', width: 8 },
      { [POD_LEGEND]: sum(of('sluice_connections'), POD) },
    ),
    curves(
      [
        'New sessions',
        'SMP sessions opened a second. A peak follows the stop of a pod, as its clients come back.',
      ],
      { unit: 'cps', width: 8 },
      { '{{kind}}': sum(rate('sluice_connections_opened_total'), 'kind') },
    ),
    curves(
      ['Subscriptions', 'Queues and notifiers that connections are subscribed to.'],
      { unit: 'short', width: 12 },
      {
        queues: sum(of('simplex_smp_subscribtion_total')),
        notifiers: sum(of('simplex_smp_subscription_ntf_total')),
      },
    ),
    curves(
      ['Traffic', 'Bytes of blocks, without what TLS and TCP add.'],
      { unit: 'Bps', width: 12 },
      {
        received: sum(rate('sluice_received_bytes_total')),
        sent: sum(rate('sluice_sent_bytes_total')),
      },
    ),
  ],
}

const messages: Row = {
  title: 'Messages',
  panels: [
    curves(
      [
        'Messages',
        'Accepted from senders, sent to recipients (a message that is sent again counts again), and acknowledged.',
      ],
      { unit: 'mps', width: 12 },
      {
        accepted: sum(rate('simplex_smp_messages_sent')),
        delivered: sum(rate('sluice_messages_delivered_total')),
        acknowledged: sum(rate('simplex_smp_messages_received')),
      },
    ),
    curves(
      ['Commands', 'Commands by name, refused ones included.'],
      { kind: 'stacked', unit: 'reqps', width: 12 },
      { '{{command}}': orNone(sum(rate('sluice_commands_total'), 'command'), 'command') },
    ),
    curves(
      [
        'Stored messages',
        'Messages that wait for their recipients in the whole cluster; about 16.4 KB of Redis each.',
      ],
      { unit: 'short', width: 8 },
      { messages: once('simplex_smp_messages_total') },
    ),
    curves(
      [
        'Queues',
        'Queues of the whole cluster, and those that were active in the day, week or month (an estimate).',
      ],
      { unit: 'short', width: 8 },
      {
        all: once('simplex_smp_queues_total1'),
        'active today': once('simplex_smp_queues_daily'),
        'active this week': once('simplex_smp_queues_weekly'),
        'active this month': once('simplex_smp_queues_monthly'),
      },
    ),
    curves(
      [
        'Faults',
        'Commands that ended without an answer or with a fault of the relay: none, when all is well.',
      ],
      { unit: 'reqps', width: 8, thresholds: [{ from: 0.1, color: 'red' }] },
      {
        '{{outcome}}': orNone(sum(rate('sluice_commands_total', FAULTS), 'outcome'), 'outcome'),
      },
    ),
  ],
}

const pods: Row = {
  title: 'Pods',
  panels: [
    curves(
      [
        'CPU',
        'Cores that each pod uses. A pod is one thread and some helpers: above 1 it is full.',
      ],
      { unit: 'short', width: 8, thresholds: [{ from: 1, color: 'orange' }] },
      {
        [POD_LEGEND]: sum(
          `${rate('process_cpu_seconds_total')} and on (job, instance) ${of('sluice_build_info')}`,
          POD,
        ),
      },
    ),
    curves(
      ['Memory', 'Resident memory: about 150 KB for a connection, and what Node needs.'],
      { unit: 'bytes', width: 8 },
      {
        [POD_LEGEND]: sum(
          `${of('process_resident_memory_bytes')} and on (job, instance) ${of('sluice_build_info')}`,
          POD,
        ),
      },
    ),
    curves(
      [
        'Event loop lag, p99',
        'How late the event loop is, for 1 % of the time: every client of the pod waits as long.',
      ],
      { unit: 's', width: 8, thresholds: [{ from: 0.25, color: 'orange' }] },
      {
        [POD_LEGEND]: max(
          `${of('nodejs_eventloop_lag_p99_seconds')} and on (job, instance) ${of('sluice_build_info')}`,
          POD,
        ),
      },
    ),
    {
      title: 'Pods',
      description: 'What runs. After an upgrade all versions are the same.',
      kind: 'table',
      unit: 'short',
      width: 24,
      queries: [
        { expr: max(of('sluice_build_info'), `${POD}, version, node`) },
        { expr: max(of('sluice_ready'), POD) },
        { expr: sum(of('sluice_connections'), POD) },
        {
          expr: max(
            `time() - (${of('process_start_time_seconds')} and on (job, instance) ${of('sluice_build_info')})`,
            POD,
          ),
        },
        { expr: sum(increase('sluice_commands_total'), POD) },
      ],
      columns: {
        pod: { name: 'Pod' },
        instance: { name: 'Instance' },
        version: { name: 'Version' },
        node: { name: 'Node' },
        'Value #B': { name: 'Ready' },
        'Value #C': { name: 'Connections' },
        'Value #D': { name: 'Up for', unit: 's' },
        'Value #E': { name: 'Commands' },
      },
    },
  ],
}

export const fleet: Board = {
  name: 'fleet',
  title: 'Sluice / Fleet',
  description: 'All pods of a relay: health, clients, messages, resources.',
  variables: ['cluster', 'namespace', 'job', 'pod'],
  rows: [health, clients, messages, pods],
}
