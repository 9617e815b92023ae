/** What metrics are about: the parts of a relay, as far as they are there. */
import type { Limits } from '../limits/limits.ts'
import type { Measures } from '../measures/measures.ts'
import type { ProxyStatistics } from '../proxy/statistics.ts'
import type { Health } from './health.ts'
import type { Totals } from './totals.ts'

export interface Certificates {
  readonly identity: Date | undefined
  readonly web: Date | undefined
}

export interface Subject {
  readonly measures: Measures
  readonly health: Health
  /** Undefined until there is a store. */
  readonly totals: Totals | undefined
  /** Undefined where nothing is forwarded for clients. */
  readonly proxy: ProxyStatistics | undefined
  /** Undefined until there is a relay. */
  readonly limits: Pick<Limits, 'statistics' | 'clients' | 'handshakes'> | undefined
  /** When they expire. */
  readonly certificates: Certificates
}
