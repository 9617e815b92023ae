/** What is fuzzed, one input at a time. */
import type { Choices } from './choices.ts'

export interface Target {
  readonly name: string
  /**
   * Makes one input of the choices and gives it to the relay.
   * @returns how many cases it was: transmissions that were answered, requests, connections
   * @throws Finding
   */
  run(choices: Choices): Promise<number>
}
