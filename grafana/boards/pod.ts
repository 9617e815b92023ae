/** One pod from inside: its process, its connections, its commands. */
import type { Board, Row } from '../board.ts'
import { connectionsByKind } from '../connections-by-kind.ts'
import { curves } from '../curves.ts'
import { max, of, orNone, orZero, quantile, rate, sum } from '../promql.ts'

/** Of a relay, and of no other Node program that is chosen. */
const own = (vector: string): string =>
  `${vector} and on (job, instance) ${of('sluice_build_info')}`

const yesNo = { 0: 'no', 1: 'yes' }

const state: Row = {
  title: 'State',
  height: 4,
  panels: [
    {
      title: 'Ready',
      description: 'Whether the pod takes clients, as /readyz says.',
      kind: 'stat',
      unit: 'short',
      width: 4,
      base: 'red',
      thresholds: [{ from: 1, color: 'green' }],
      words: yesNo,
      queries: [{ expr: `min(${of('sluice_ready')})` }],
    },
    {
      title: 'Parts',
      description: 'What it needs to be ready: its identity, its store (Redis), its listeners.',
      kind: 'stat',
      unit: 'short',
      width: 8,
      base: 'red',
      thresholds: [{ from: 1, color: 'green' }],
      words: { 0: 'missing', 1: 'there' },
      queries: [{ expr: `min by (part) (${of('sluice_part_ready')})`, legend: '{{part}}' }],
    },
    {
      title: 'Draining',
      description: 'Whether the pod is stopping.',
      kind: 'stat',
      unit: 'short',
      width: 4,
      thresholds: [{ from: 1, color: 'yellow' }],
      words: yesNo,
      queries: [{ expr: max(of('sluice_draining')) }],
    },
    {
      title: 'Up for',
      description: 'Time since the process started. Short again and again: it restarts.',
      kind: 'stat',
      unit: 's',
      width: 4,
      queries: [{ expr: `min(time() - (${own(of('process_start_time_seconds'))}))` }],
    },
    {
      title: 'Connections',
      description: 'Open SMP sessions of all kinds.',
      kind: 'stat',
      unit: 'short',
      width: 4,
      queries: [{ expr: sum(of('sluice_connections')) }],
    },
  ],
}

const processRow: Row = {
  title: 'Process',
  panels: [
    curves(
      ['CPU', 'Cores in use, by the program (user) and for it in the kernel (system).'],
      { kind: 'stacked', unit: 'short', width: 6, thresholds: [{ from: 1, color: 'orange' }] },
      {
        user: sum(own(rate('process_cpu_user_seconds_total'))),
        system: sum(own(rate('process_cpu_system_seconds_total'))),
      },
    ),
    curves(
      [
        'Memory',
        'Resident memory, with what JavaScript (heap) and buffers (external) have of it. At the limit the system ends the process.',
      ],
      { unit: 'bytes', width: 6 },
      {
        resident: sum(own(of('process_resident_memory_bytes'))),
        heap: sum(own(of('nodejs_heap_size_used_bytes'))),
        external: sum(own(of('nodejs_external_memory_bytes'))),
        limit: sum(of('sluice_memory_limit_bytes')),
      },
    ),
    curves(
      [
        'Event loop lag',
        'How late the event loop was since the last scrape. Every client of the pod waits as long.',
      ],
      { unit: 's', width: 6, thresholds: [{ from: 0.25, color: 'orange' }] },
      {
        p50: max(own(of('nodejs_eventloop_lag_p50_seconds'))),
        p99: max(own(of('nodejs_eventloop_lag_p99_seconds'))),
        max: max(own(of('nodejs_eventloop_lag_max_seconds'))),
      },
    ),
    curves(
      ['Garbage collection', 'Share of the time that went into it, by kind.'],
      { kind: 'stacked', unit: 'percentunit', width: 6 },
      { '{{kind}}': sum(own(rate('nodejs_gc_duration_seconds_sum')), 'kind') },
    ),
  ],
}

const connections: Row = {
  title: 'Connections',
  panels: [
    connectionsByKind,
    curves(
      [
        'Sockets by port',
        'TCP connections that are open, those before or without a handshake included.',
      ],
      { unit: 'short', width: 8 },
      { 'port {{port}}': sum(of('simplex_smp_sockets_active'), 'port') },
    ),
    curves(
      ['Handshakes', 'A second, by layer and how they ended.'],
      { unit: 'cps', width: 8 },
      { '{{layer}} {{outcome}}': sum(rate('sluice_handshakes_total'), 'layer, outcome') },
    ),
    curves(
      [
        'Duration of handshakes, p99',
        'Of those that were done; the network of the client is part of it.',
      ],
      { unit: 's', width: 8 },
      { '{{layer}}': quantile(0.99, 'sluice_handshake_duration_seconds', '', 'layer') },
    ),
    curves(
      [
        'Connections that are not read',
        'The client does not take its answers (output), or too many of its commands are in work (work): back-pressure.',
      ],
      { unit: 'short', width: 8 },
      { '{{reason}}': sum(of('sluice_connections_paused'), 'reason') },
    ),
    curves(
      [
        'Blocks in work',
        'Blocks whose commands are not answered yet. Grows when Redis or the CPU does not keep up.',
      ],
      { unit: 'short', width: 8 },
      { blocks: sum(of('sluice_blocks_in_work')) },
    ),
  ],
}

const commands: Row = {
  title: 'Commands',
  panels: [
    curves(
      ['Commands', 'A second, by name.'],
      { kind: 'stacked', unit: 'reqps', width: 8 },
      { '{{command}}': orNone(sum(rate('sluice_commands_total'), 'command'), 'command') },
    ),
    curves(
      ['Duration of commands, p99', 'From the block that brought a command to its answer.'],
      { unit: 's', width: 8 },
      { '{{command}}': quantile(0.99, 'sluice_command_duration_seconds', '', 'command') },
    ),
    curves(
      [
        'Commands that were not ok',
        'A second, by outcome: the error in small letters, or unanswered.',
      ],
      { unit: 'reqps', width: 8 },
      {
        '{{outcome}}': orNone(
          sum(rate('sluice_commands_total', 'outcome!="ok"'), 'outcome'),
          'outcome',
        ),
      },
    ),
  ],
}

const subscriptions: Row = {
  title: 'Subscriptions, private routing, traces',
  panels: [
    {
      title: 'Subscriptions',
      description:
        'Queues and notifiers that connections of this pod are subscribed to, and the connections.',
      kind: 'lines',
      unit: 'short',
      width: 6,
      queries: [
        { expr: sum(of('simplex_smp_subscribtion_total')), legend: 'queues' },
        { expr: sum(of('simplex_smp_subscribtion_clients_total')), legend: 'their connections' },
        { expr: sum(of('simplex_smp_subscription_ntf_total')), legend: 'notifiers' },
        {
          expr: sum(of('simplex_smp_subscription_ntf_clients_total')),
          legend: 'their connections',
        },
      ],
    },
    curves(
      [
        'Delivered, not acknowledged',
        'Subscriptions that wait for their client. Many for long: clients that hang.',
      ],
      { unit: 'short', width: 6 },
      { messages: sum(of('simplex_smp_delivered_total')) },
    ),
    curves(
      [
        'Private routing',
        'Commands forwarded to other relays for clients (PFWD), and those that other relays forwarded to this one (RFWD).',
      ],
      { unit: 'reqps', width: 6 },
      {
        forwarded: orZero(sum(rate('simplex_smp_relay_messages_requests', 'source="all"'))),
        received: orZero(sum(rate('simplex_smp_relay_messages_received'))),
      },
    ),
    curves(
      [
        'Spans of traces',
        'A second: exported, failed (the collector did not take them), dropped (too many waited). None without tracing.',
      ],
      { unit: 'short', width: 6 },
      { '{{outcome}}': orNone(sum(rate('sluice_trace_spans_total'), 'outcome'), 'outcome') },
    ),
  ],
}

export const pod: Board = {
  name: 'pod',
  title: 'Sluice / Pod',
  description: 'One pod: process, connections, commands, subscriptions.',
  variables: ['cluster', 'namespace', 'job', 'pod'],
  isOfOnePod: true,
  rows: [state, processRow, connections, commands, subscriptions],
}
