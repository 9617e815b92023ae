/** A panel that stands on more than one board. */
import { curves } from './curves.ts'
import { of, sum } from './promql.ts'

export const connectionsByKind = curves(
  [
    'Connections by kind',
    'Open SMP sessions: over TLS (smp), WebSocket with TLS (wss) or without (ws).',
  ],
  { kind: 'stacked', unit: 'short', width: 8 },
  { '{{kind}}': sum(of('sluice_connections'), 'kind') },
)
