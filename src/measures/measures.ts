/**
 * What a relay counts of itself, as plain numbers: who counts knows nothing of who reads. Where
 * there are none, nothing is counted.
 */
import { SessionMeasures } from './session-measures.ts'
import { StoreMeasures } from './store-measures.ts'
import { Tally } from './tally.ts'
import { TransportMeasures } from './transport-measures.ts'

export type SpanEnd = 'exported' | 'failed' | 'dropped'

const spanEnds: readonly SpanEnd[] = ['exported', 'failed', 'dropped']

/** Spans by what became of them. */
export class SpanMeasures extends Tally<SpanEnd> {
  constructor() {
    super(spanEnds)
  }
}

export class Measures {
  readonly transport = new TransportMeasures()
  readonly session = new SessionMeasures()
  readonly store = new StoreMeasures()
  /** Absent where nothing is traced. */
  spans: SpanMeasures | undefined
}
