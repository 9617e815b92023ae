/** What is refused and what fails, and whether somebody tries something. */
import type { Board, Row } from '../board.ts'
import { curves } from '../curves.ts'
import { FAULTS, REFUSALS } from '../outcomes.ts'
import { increase, of, once, orNone, orZero, rate, sum } from '../promql.ts'

const REPEATED = 'type="duplicate"'
const REFUSED = 'type!="duplicate"'

const refused: Row = {
  title: 'Refused commands',
  panels: [
    curves(
      [
        'Refused, by error',
        'Commands a second that got an error. AUTH: no such queue or no right to it; a steady share is normal, as apps try queues that are gone.',
      ],
      { unit: 'reqps', width: 8 },
      {
        '{{outcome}}': orNone(sum(rate('sluice_commands_total', REFUSALS), 'outcome'), 'outcome'),
      },
    ),
    curves(
      [
        'Refused, by command',
        'The same by command. `unreadable` is what is no command: no app sends that.',
      ],
      { unit: 'reqps', width: 8 },
      {
        '{{command}}': orNone(sum(rate('sluice_commands_total', REFUSALS), 'command'), 'command'),
      },
    ),
    curves(
      [
        'Share of refused commands',
        'Of all commands. A jump is a broken client, or somebody who tries ids.',
      ],
      { unit: 'percentunit', width: 8 },
      {
        refused: `(${orZero(
          sum(rate('sluice_commands_total', REFUSALS)),
        )}) / ${sum(rate('sluice_commands_total'))}`,
      },
    ),
    curves(
      [
        'SENDs refused',
        'A second: no right to the queue (auth), queue full (quota), too long (large), queue blocked by the operator (block).',
      ],
      { unit: 'reqps', width: 8 },
      { '{{type}}': sum(rate('simplex_smp_messages_sent_errors'), 'type') },
    ),
    curves(
      [
        'SUBs, NSUBs and GETs refused',
        'A second, by reason. `nomsg` is a GET of an empty queue, and normal.',
      ],
      { unit: 'reqps', width: 8 },
      {
        'SUB {{type}}': sum(rate('simplex_smp_subscribtion_errors', REFUSED), 'type'),
        'NSUB {{type}}': sum(rate('simplex_smp_subscribtion_ntf_errors', REFUSED), 'type'),
        'GET {{type}}': sum(rate('simplex_smp_messages_notify_get_errors', REFUSED), 'type'),
      },
    ),
    curves(
      [
        'Asked for again',
        'SUBs and NSUBs a second of what the connection has, and GETs before the last message was acknowledged. Much: a broken client.',
      ],
      { unit: 'reqps', width: 8 },
      {
        SUB: sum(rate('simplex_smp_subscribtion_errors', REPEATED)),
        NSUB: sum(rate('simplex_smp_subscribtion_ntf_errors', REPEATED)),
        GET: sum(rate('simplex_smp_messages_notify_get_errors', REPEATED)),
      },
    ),
  ],
}

const faults: Row = {
  title: 'Faults of the relay',
  panels: [
    curves(
      [
        'Faults, by command',
        'Commands a second that the relay failed: unanswered (the connection is closed), internal, store. None, when all is well.',
      ],
      { unit: 'reqps', width: 12, thresholds: [{ from: 0.1, color: 'red' }] },
      {
        '{{command}} {{outcome}}': orNone(
          sum(rate('sluice_commands_total', FAULTS), 'command, outcome'),
          'command',
        ),
      },
    ),
    curves(
      ['Failed calls of Redis', 'A second, by call and error.'],
      { unit: 'reqps', width: 12, thresholds: [{ from: 0.1, color: 'red' }] },
      {
        '{{call}} {{error}}': orNone(
          sum(rate('sluice_redis_call_errors_total'), 'call, error'),
          'call',
        ),
      },
    ),
  ],
}

const connections: Row = {
  title: 'Connections and limits',
  panels: [
    curves(
      [
        'Handshakes that were not done',
        'A second: refused (what came is another protocol’s), timeout, failed (the connection broke). Scanners make some.',
      ],
      { unit: 'cps', width: 8 },
      {
        '{{layer}} {{outcome}}': orNone(
          sum(rate('sluice_handshakes_total', 'outcome!="done"'), 'layer, outcome'),
          'outcome',
        ),
      },
    ),
    curves(
      [
        'Turned away by limits',
        'Connections and commands a second, by the limit. See docs/limits.md for what each does.',
      ],
      { unit: 'reqps', width: 8 },
      { '{{limit}}': orNone(sum(rate('sluice_limit_refusals_total'), 'limit'), 'limit') },
    ),
    curves(
      [
        'Sockets that are no session',
        'Open TCP connections without an SMP session: handshakes under way, web pages, and who says nothing. Many: somebody holds connections.',
      ],
      { unit: 'short', width: 8 },
      {
        sockets: `${sum(of('simplex_smp_sockets_active'))} - ${sum(of('simplex_smp_clients_total'))}`,
      },
    ),
    curves(
      [
        'Held back by limits',
        'Commands a second that waited for their turn before they were done or refused, by the limit.',
      ],
      { unit: 'reqps', width: 8 },
      { '{{limit}}': orNone(sum(rate('sluice_limit_delays_total'), 'limit'), 'limit') },
    ),
    curves(
      [
        'Handshakes under way',
        'As SLUICE_LIMIT_HANDSHAKES counts them. At the limit, each new one takes the place of another.',
      ],
      { unit: 'short', width: 8 },
      { handshakes: sum(of('sluice_limit_handshakes')) },
    ),
    curves(
      [
        'Clients that limits remember',
        'Hashes of addresses with connections or with buckets that are not full. Far more than usual: many addresses at once.',
      ],
      { unit: 'short', width: 8 },
      { clients: sum(of('sluice_limit_clients')) },
    ),
  ],
}

const queues: Row = {
  title: 'Use of storage',
  panels: [
    curves(
      [
        'Queues made and deleted',
        'A second. Made much faster than secured: somebody fills the store.',
      ],
      { unit: 'short', width: 6 },
      {
        made: sum(rate('simplex_smp_queues_created')),
        secured: sum(rate('simplex_smp_queues_secured')),
        deleted: sum(rate('simplex_smp_queues_deleted', 'type="all"')),
        'deleted, never secured': sum(rate('simplex_smp_queues_deleted', 'type="new"')),
      },
    ),
    curves(
      ['Queues', 'In the whole cluster, and how many of them were active today (an estimate).'],
      { unit: 'short', width: 6 },
      { all: once('simplex_smp_queues_total1'), 'active today': once('simplex_smp_queues_daily') },
    ),
    curves(
      [
        'Messages a queue',
        'Stored messages by queues: how full the store is of what nobody fetches.',
      ],
      { unit: 'short', width: 6, decimals: 2 },
      {
        messages: `${once('simplex_smp_messages_total')} / (${once('simplex_smp_queues_total1')} > 0)`,
      },
    ),
    curves(
      ['Queues blocked', 'By operators, in each interval.'],
      { unit: 'short', width: 6 },
      { blocked: sum(increase('simplex_smp_queues_blocked')) },
    ),
  ],
}

const routing: Row = {
  title: 'Private routing',
  panels: [
    curves(
      ['Sessions with other relays', 'Asked for by clients a second (PRXY), and those not given.'],
      { unit: 'cps', width: 8 },
      {
        'asked for': orZero(sum(rate('simplex_smp_relay_sessions_requests', 'source="all"'))),
        'error {{type}}': orNone(
          sum(rate('simplex_smp_relay_sessions_errors', 'source="all"'), 'type'),
          'type',
        ),
      },
    ),
    curves(
      [
        'Forwarded commands',
        'Of clients (PFWD) a second, and those that the other relay did not answer.',
      ],
      { unit: 'reqps', width: 8 },
      {
        forwarded: orZero(sum(rate('simplex_smp_relay_messages_requests', 'source="all"'))),
        'error {{type}}': orNone(
          sum(rate('simplex_smp_relay_messages_errors', 'source="all"'), 'type'),
          'type',
        ),
      },
    ),
    curves(
      [
        'Open sessions with other relays',
        'Each is a connection to a destination that clients chose.',
      ],
      { unit: 'short', width: 8 },
      { sessions: orZero(sum(of('sluice_proxy_sessions'))) },
    ),
  ],
}

export const abuseAndErrors: Board = {
  name: 'abuse-and-errors',
  title: 'Sluice / Abuse and errors',
  description: 'What is refused, what fails, what limits turn away, who fills the store.',
  variables: ['cluster', 'namespace', 'job', 'pod'],
  rows: [refused, faults, connections, queues, routing],
}
