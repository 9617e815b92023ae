/**
 * How many connections a relay should give up for the others of its cluster. Each that it closes may
 * come back to it, so it goes slowly, begins late, ends before all have the same, and gives up where
 * closing does not help, as behind a load balancer that sends clients to the pod that they had.
 */

/** Fewer connections are no burden, and by chance far from the mean. */
const FLOOR = 500
/** Times the mean. With three equal pods and a new one, those three have 1.33 times the mean. */
const BEGIN = 1.25
const END = 1.1
/** Rounds above BEGIN before anything is closed. */
const PATIENCE = 3
/** Of the connections, in a round. */
const SHARE = 0.01
/** After so many rounds what was above the mean must have become less by a twentieth. */
const TRIAL_ROUNDS = 12
const LEAST_GAIN = 0.05
/** Rounds until it tries again where it was of no use. */
const PAUSE_ROUNDS = 360

/** Above 1: how many times the mean of all. */
const ratioOf = (own: number, all: readonly number[]): number =>
  (own * all.length) / all.reduce((sum, one) => sum + one, 0)

export class Imbalance {
  #roundsAbove = 0
  #isShedding = false
  #trial: { readonly excess: number; rounds: number } | undefined
  #pause = 0

  /** Closing has not helped, and is left for a while. */
  get isFutile(): boolean {
    return this.#pause > 0
  }

  /**
   * One round.
   * @param all what each relay of the cluster has, this one included
   * @returns how many to close in this round
   */
  next(own: number, all: readonly number[]): number {
    const ratio = ratioOf(own, all)
    if (this.#pause > 0) {
      this.#pause -= 1
      return 0
    }
    if (!this.#begins(own, all.length < 2 ? 1 : ratio)) return 0
    if (this.#isOfNoUse(ratio - 1)) {
      this.#stop()
      this.#pause = PAUSE_ROUNDS
      return 0
    }
    return Math.ceil(Math.min(own * SHARE, own - own / ratio))
  }

  /** Whether it closes some, by where it has come from. */
  #begins(own: number, ratio: number): boolean {
    const isAbove = own > FLOOR && ratio > (this.#isShedding ? END : BEGIN)
    if (!isAbove) {
      this.#stop()
      return false
    }
    this.#roundsAbove += 1
    if (this.#roundsAbove >= PATIENCE) this.#isShedding = true
    return this.#isShedding
  }

  #isOfNoUse(excess: number): boolean {
    this.#trial ??= { excess, rounds: 0 }
    if (this.#trial.rounds === TRIAL_ROUNDS) {
      if (excess > this.#trial.excess * (1 - LEAST_GAIN)) return true
      this.#trial = { excess, rounds: 0 }
    }
    this.#trial.rounds += 1
    return false
  }

  #stop(): void {
    this.#roundsAbove = 0
    this.#isShedding = false
    this.#trial = undefined
  }
}
