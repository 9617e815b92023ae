/** What is refused and what fails, and whether somebody tries something. */
import type { Board, Row } from '../board.ts'
import { of, once, orNone, orZero, rate, sum } from '../promql.ts'

const FAULTS = 'outcome=~"unanswered|internal|store"'

const refused: Row = {
  title: 'Refused commands',
  panels: [
    {
      title: 'Refused, by error',
      description:
        'Commands a second that got an error. AUTH: no such queue or no right to it; a steady share is normal, as apps try queues that are gone.',
      kind: 'lines',
      unit: 'reqps',
      width: 8,
      queries: [
        {
          expr: orNone(
            sum(
              rate('sluice_commands_total', 'outcome!~"ok|unanswered|internal|store"'),
              'outcome',
            ),
            'outcome',
          ),
          legend: '{{outcome}}',
        },
      ],
    },
    {
      title: 'Refused, by command',
      description: 'The same by command. `unreadable` is what is no command: no app sends that.',
      kind: 'lines',
      unit: 'reqps',
      width: 8,
      queries: [
        {
          expr: orNone(
            sum(
              rate('sluice_commands_total', 'outcome!~"ok|unanswered|internal|store"'),
              'command',
            ),
            'command',
          ),
          legend: '{{command}}',
        },
      ],
    },
    {
      title: 'Share of refused commands',
      description: 'Of all commands. A jump is a broken client, or somebody who tries ids.',
      kind: 'lines',
      unit: 'percentunit',
      width: 8,
      queries: [
        {
          expr: `(${orZero(
            sum(rate('sluice_commands_total', 'outcome!~"ok|unanswered|internal|store"')),
          )}) / ${sum(rate('sluice_commands_total'))}`,
          legend: 'refused',
        },
      ],
    },
    {
      title: 'SENDs refused',
      description:
        'A second: no right to the queue (auth), queue full (quota), too long (large), queue blocked by the operator (block).',
      kind: 'lines',
      unit: 'reqps',
      width: 12,
      queries: [
        { expr: sum(rate('simplex_smp_messages_sent_errors'), 'type'), legend: '{{type}}' },
      ],
    },
    {
      title: 'SUBs, NSUBs and GETs refused',
      description: 'A second, by reason. `nomsg` is a GET of an empty queue, and normal.',
      kind: 'lines',
      unit: 'reqps',
      width: 12,
      queries: [
        { expr: sum(rate('simplex_smp_subscribtion_errors'), 'type'), legend: 'SUB {{type}}' },
        { expr: sum(rate('simplex_smp_subscribtion_ntf_errors'), 'type'), legend: 'NSUB {{type}}' },
        {
          expr: sum(rate('simplex_smp_messages_notify_get_errors'), 'type'),
          legend: 'GET {{type}}',
        },
      ],
    },
  ],
}

const faults: Row = {
  title: 'Faults of the relay',
  panels: [
    {
      title: 'Faults, by command',
      description:
        'Commands a second that the relay failed: unanswered (the connection is closed), internal, store. None, when all is well.',
      kind: 'lines',
      unit: 'reqps',
      width: 12,
      thresholds: [{ from: 0.1, color: 'red' }],
      queries: [
        {
          expr: orNone(sum(rate('sluice_commands_total', FAULTS), 'command, outcome'), 'command'),
          legend: '{{command}} {{outcome}}',
        },
      ],
    },
    {
      title: 'Failed calls of Redis',
      description: 'A second, by call and error.',
      kind: 'lines',
      unit: 'reqps',
      width: 12,
      thresholds: [{ from: 0.1, color: 'red' }],
      queries: [
        {
          expr: orNone(sum(rate('sluice_redis_call_errors_total'), 'call, error'), 'call'),
          legend: '{{call}} {{error}}',
        },
      ],
    },
  ],
}

const connections: Row = {
  title: 'Connections and limits',
  panels: [
    {
      title: 'Handshakes that were not done',
      description:
        'A second: refused (what came is another protocol’s), timeout, failed (the connection broke). Scanners make some.',
      kind: 'lines',
      unit: 'cps',
      width: 8,
      queries: [
        {
          expr: orNone(
            sum(rate('sluice_handshakes_total', 'outcome!="done"'), 'layer, outcome'),
            'outcome',
          ),
          legend: '{{layer}} {{outcome}}',
        },
      ],
    },
    {
      title: 'Turned away by limits',
      description:
        'Connections and commands a second, by the limit. See docs/limits.md for what each does.',
      kind: 'lines',
      unit: 'reqps',
      width: 8,
      queries: [
        {
          expr: orNone(sum(rate('sluice_limit_refusals_total'), 'limit'), 'limit'),
          legend: '{{limit}}',
        },
      ],
    },
    {
      title: 'Sockets that are no session',
      description:
        'Open TCP connections without an SMP session: handshakes under way, web pages, and who says nothing. Many: somebody holds connections.',
      kind: 'lines',
      unit: 'short',
      width: 8,
      queries: [
        {
          expr: `${sum(of('simplex_smp_sockets_active'))} - ${sum(of('simplex_smp_clients_total'))}`,
          legend: 'sockets',
        },
      ],
    },
    {
      title: 'Held back by limits',
      description:
        'Commands a second that waited for their turn before they were done or refused, by the limit.',
      kind: 'lines',
      unit: 'reqps',
      width: 8,
      queries: [
        {
          expr: orNone(sum(rate('sluice_limit_delays_total'), 'limit'), 'limit'),
          legend: '{{limit}}',
        },
      ],
    },
    {
      title: 'Handshakes under way',
      description:
        'As SLUICE_LIMIT_HANDSHAKES counts them. At the limit, each new one takes the place of another.',
      kind: 'lines',
      unit: 'short',
      width: 8,
      queries: [{ expr: sum(of('sluice_limit_handshakes')), legend: 'handshakes' }],
    },
    {
      title: 'Clients that limits remember',
      description:
        'Hashes of addresses with connections or with buckets that are not full. Far more than usual: many addresses at once.',
      kind: 'lines',
      unit: 'short',
      width: 8,
      queries: [{ expr: sum(of('sluice_limit_clients')), legend: 'clients' }],
    },
  ],
}

const queues: Row = {
  title: 'Use of storage',
  panels: [
    {
      title: 'Queues made and deleted',
      description: 'A second. Made much faster than secured: somebody fills the store.',
      kind: 'lines',
      unit: 'short',
      width: 8,
      queries: [
        { expr: sum(rate('simplex_smp_queues_created')), legend: 'made' },
        { expr: sum(rate('simplex_smp_queues_secured')), legend: 'secured' },
        { expr: sum(rate('simplex_smp_queues_deleted', 'type="all"')), legend: 'deleted' },
        {
          expr: sum(rate('simplex_smp_queues_deleted', 'type="new"')),
          legend: 'deleted, never secured',
        },
      ],
    },
    {
      title: 'Queues',
      description: 'In the whole cluster, and how many of them were active today (an estimate).',
      kind: 'lines',
      unit: 'short',
      width: 8,
      queries: [
        { expr: once('simplex_smp_queues_total1'), legend: 'all' },
        { expr: once('simplex_smp_queues_daily'), legend: 'active today' },
      ],
    },
    {
      title: 'Messages a queue',
      description: 'Stored messages by queues: how full the store is of what nobody fetches.',
      kind: 'lines',
      unit: 'short',
      width: 8,
      decimals: 2,
      queries: [
        {
          expr: `${once('simplex_smp_messages_total')} / (${once('simplex_smp_queues_total1')} > 0)`,
          legend: 'messages',
        },
      ],
    },
  ],
}

const routing: Row = {
  title: 'Private routing',
  panels: [
    {
      title: 'Sessions with other relays',
      description: 'Asked for by clients a second (PRXY), and those not given.',
      kind: 'lines',
      unit: 'cps',
      width: 8,
      queries: [
        {
          expr: orZero(sum(rate('simplex_smp_relay_sessions_requests', 'source="all"'))),
          legend: 'asked for',
        },
        {
          expr: orNone(
            sum(rate('simplex_smp_relay_sessions_errors', 'source="all"'), 'type'),
            'type',
          ),
          legend: 'error {{type}}',
        },
      ],
    },
    {
      title: 'Forwarded commands',
      description: 'Of clients (PFWD) a second, and those that the other relay did not answer.',
      kind: 'lines',
      unit: 'reqps',
      width: 8,
      queries: [
        {
          expr: orZero(sum(rate('simplex_smp_relay_messages_requests', 'source="all"'))),
          legend: 'forwarded',
        },
        {
          expr: orNone(
            sum(rate('simplex_smp_relay_messages_errors', 'source="all"'), 'type'),
            'type',
          ),
          legend: 'error {{type}}',
        },
      ],
    },
    {
      title: 'Open sessions with other relays',
      description: 'Each is a connection to a destination that clients chose.',
      kind: 'lines',
      unit: 'short',
      width: 8,
      queries: [{ expr: orZero(sum(of('sluice_proxy_sessions'))), legend: 'sessions' }],
    },
  ],
}

export const abuseAndErrors: Board = {
  name: 'abuse-and-errors',
  title: 'Sluice / Abuse and errors',
  description: 'What is refused, what fails, what limits turn away, who fills the store.',
  variables: ['cluster', 'namespace', 'job', 'pod'],
  rows: [refused, faults, connections, queues, routing],
}
