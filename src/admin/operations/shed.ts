import { z } from 'zod'
import { type Operation, onInput, refuse } from '../operation.ts'

const LONGEST_SECONDS = 86_400

const shedInput = z.strictObject({
  /** Of the present connections; 0 stops what is under way. */
  share: z.number().min(0).max(1),
  overSeconds: z.int().min(0).max(LONGEST_SECONDS),
})

/** Closes a share of the connections gently, so that they come back at other pods. */
export const shed: Operation = {
  method: 'POST',
  path: '/v1/shed',
  run: onInput(shedInput, async ({ service }, { share, overSeconds }) => {
    if (service.state !== 'serving') return refuse(409, 'draining', 'the relay is draining')
    if (share === 0) {
      service.stopShedding()
      return { body: { connections: 0, overSeconds: 0 }, audit: { connections: 0 } }
    }
    const { count } = service.shed({ share, overSeconds })
    return { body: { connections: count, overSeconds }, audit: { connections: count } }
  }),
}
