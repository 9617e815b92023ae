import { setImmediate } from 'node:timers/promises'

/** Lets other work go on until something holds; the test's own time limit ends the wait. */
export const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await setImmediate()
}
