/** Faults of a store that are nobody's mistake; all others are bugs. */

/**
 * The store did not answer, or not in time: what was asked may have happened or not. Passes by
 * itself.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
}

/** The store takes nothing more for now; what is there can be read and removed. */
export class StoreFull extends Error {
  override readonly name = 'StoreFull'
}
