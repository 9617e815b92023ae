/** How long a message takes when nothing else is going on. */
import { MessageLoad } from '../src/load/message-load.ts'
import type { Ends } from '../src/load/target.ts'

const WARM_UPS = 200
/** Messages before it is the next one's turn. */
const TURN = 50
const shape = { senders: 1, recipients: 1, queues: 1 }

/**
 * Milliseconds of `count` messages for each of the ends, one message at a time; they take turns, so
 * that what else the machine does hits all alike.
 */
export const loneLatencies = async (
  all: readonly Ends[],
  count: number,
): Promise<readonly (readonly number[])[]> => {
  await using stack = new AsyncDisposableStack()
  const runs: { readonly load: MessageLoad; readonly latencies: number[] }[] = []
  for (const ends of all)
    runs.push({ load: stack.use(await MessageLoad.open(ends, shape)), latencies: [] })
  for (let done = 0; done < count + WARM_UPS; done += TURN)
    for (const { load, latencies } of runs)
      for (const lane of load.lanes)
        for (let i = 0; i < TURN; i++) latencies.push(await lane.deliver())
  return runs.map(({ latencies }) => latencies.slice(WARM_UPS, WARM_UPS + count))
}
