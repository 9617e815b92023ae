/** What limits turn away, and what they hold up. */
import { type LimitCounts, limitNames } from '../../limits/statistics.ts'
import { counter, type Family, gauge, type Sample } from '../family.ts'

/** As the setting is called, without its beginning: `sendRate` is `send_rate`. */
const labelOf = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const each = (counts: LimitCounts | undefined): Sample[] | undefined =>
  counts && limitNames.map((name) => [[labelOf(name)], counts[name]])

export const limitFamilies: readonly Family[] = [
  counter(
    [
      'sluice_limit_refusals_total',
      'Connections closed, handshakes dropped and commands refused, by the setting that says how many may be, in small letters.',
    ],
    ['limit'],
    ({ limits }) => each(limits?.statistics.refusals),
  ),
  counter(
    ['sluice_limit_delays_total', 'Commands that waited for their turn, likewise.'],
    ['limit'],
    ({ limits }) => each(limits?.statistics.delays),
  ),
  gauge(
    ['sluice_limit_handshakes', 'Handshakes under way, of TLS and SMP, as limits count them.'],
    [],
    ({ limits }) => limits?.handshakes,
  ),
  gauge(
    ['sluice_limit_clients', 'Clients that limits remember, as hashes of their addresses.'],
    [],
    ({ limits }) => limits?.clients,
  ),
]
