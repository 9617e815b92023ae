/**
 * What a relay counts of itself, as plain numbers: who counts knows nothing of who reads. Where
 * there are none, nothing is counted.
 */
import { SessionMeasures } from './session-measures.ts'
import { StoreMeasures } from './store-measures.ts'
import { TransportMeasures } from './transport-measures.ts'

export class Measures {
  readonly transport = new TransportMeasures()
  readonly session = new SessionMeasures()
  readonly store = new StoreMeasures()
}
