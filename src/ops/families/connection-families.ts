/** Connections, blocks, and what holds them up. */

import { connectionKinds } from '../../measures/transport-measures.ts'
import { BLOCK_BYTES } from '../../protocol/block.ts'
import { counter, type Family, gauge, histogram } from '../family.ts'
import type { Subject } from '../subject.ts'

/** The layers that shake hands. */
const layersOf = ({ measures: { transport } }: Subject) =>
  [['tls', transport.tls] as const, ['smp', transport.smp] as const] as const

export const connectionFamilies: readonly Family[] = [
  gauge(
    [
      'sluice_connections',
      'Open SMP sessions: over TLS (smp), WebSocket (wss), or WebSocket without TLS (ws).',
    ],
    ['kind'],
    ({ measures: { transport } }) => connectionKinds.map((kind) => [[kind], transport.open[kind]]),
  ),
  counter(
    ['sluice_connections_opened_total', 'SMP sessions that were opened.'],
    ['kind'],
    ({ measures: { transport } }) =>
      connectionKinds.map((kind) => [[kind], transport.opened[kind]]),
  ),
  counter(
    [
      'sluice_handshakes_total',
      'Handshakes of a layer, tls or smp: done, refused (what came is not the protocol’s, or nothing came), timeout, failed.',
    ],
    ['layer', 'outcome'],
    (subject) =>
      layersOf(subject).flatMap(([layer, { outcomes }]) =>
        [...outcomes].map(([outcome, count]) => [[layer, outcome], count] as const),
      ),
  ),
  histogram(
    ['sluice_handshake_duration_seconds', 'Time that handshakes took that were done.'],
    ['layer'],
    (subject) => layersOf(subject).map(([layer, { seconds }]) => [[layer], seconds]),
  ),
  counter(
    ['sluice_blocks_received_total', 'Blocks received after the handshake.'],
    [],
    ({ measures: { session } }) => session.blocksReceived,
  ),
  counter(
    ['sluice_blocks_sent_total', 'Blocks sent after the handshake.'],
    [],
    ({ measures: { session } }) => session.blocksSent,
  ),
  counter(
    ['sluice_received_bytes_total', 'Bytes of the received blocks, without TLS.'],
    [],
    ({ measures: { session } }) => session.blocksReceived * BLOCK_BYTES,
  ),
  counter(
    ['sluice_sent_bytes_total', 'Bytes of the sent blocks, without TLS.'],
    [],
    ({ measures: { session } }) => session.blocksSent * BLOCK_BYTES,
  ),
  gauge(
    [
      'sluice_blocks_in_work',
      'Received blocks whose commands are not answered yet; those that wait for another relay are not among them.',
    ],
    [],
    ({ measures: { session } }) => session.blocksInWork,
  ),
  gauge(
    [
      'sluice_connections_paused',
      'Connections that are not read from: the client does not take its answers (output), or too many of its commands are in work (work).',
    ],
    ['reason'],
    ({ measures: { session } }) =>
      Object.entries(session.paused).map(([reason, count]) => [[reason], count]),
  ),
]
