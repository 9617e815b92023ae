import { z } from 'zod'
import { type Operation, onInput } from '../operation.ts'

const drainInput = z.strictObject({
  /** What is left leaves at once. */
  hasten: z.exactOptional(z.boolean()),
})

/** Begins the drain, and tells of one that is under way. The process goes on, not ready. */
export const drain: Operation = {
  method: 'POST',
  path: '/v1/drain',
  run: onInput(drainInput, async ({ service }, { hasten = false }) => {
    const isNew = service.state === 'serving'
    const draining = service.drain()
    if (hasten) draining.hasten()
    const { connectionsLeft, secondsLeft } = draining
    const body = { state: service.state, connectionsLeft, secondsLeft: Math.ceil(secondsLeft) }
    return isNew || hasten ? { body, audit: { connections: connectionsLeft } } : { body }
  }),
}
