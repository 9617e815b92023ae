/** Compares the queues of the store log with what the destination has by now. */

import type { WholeQueue } from '../store/transfer.ts'
import { printCreate } from './create-line.ts'
import { countQueue } from './import-queues.ts'
import { queueWithServices } from './import-services.ts'
import { Lanes } from './lanes.ts'
import type { LoggedAt } from './queue-log.ts'
import { readQueueShares } from './read-queues.ts'
import type { Run } from './run.ts'
import { noQueues, type QueueCounts } from './tally.ts'
import { wholeQueue } from './whole-queue.ts'

const AT_ONCE = 512

/** What cannot be read was told when it was imported. */
const untold = (): void => {}

/** All that there is of a queue. */
const textOf = (queue: WholeQueue): string =>
  [printCreate(queue), queue.serviceId, queue.notifier?.service?.serviceId].join(' ')

const verifyQueue = async (run: Run, { line, logged }: LoggedAt, counts: QueueCounts) => {
  const { destination, leftOut, altered, problems, files, services } = run
  const { recipientId } = logged.queue
  if (leftOut.has(recipientId)) return
  const problem = (reason: string) => problems.add({ file: files.queues.name, line, reason })
  const held = await destination.find(recipientId)
  if (held === undefined) return problem('verification: the queue is not there')
  const queue = await wholeQueue(held)
  countQueue(counts, queue)
  const expected = queueWithServices(services, logged, untold)
  if (!altered.has(recipientId) && textOf(queue) !== textOf(expected))
    problem('verification: the queue is not as in the file')
}

export const verifyQueues = async (run: Run): Promise<QueueCounts> => {
  const { files, onProgress, signal, shareBytes } = run
  const counts = noQueues()
  let place = { read: 0, total: 1 }
  let count = 0
  const shares = readQueueShares({
    ...{ file: files.queues, signal, onProblem: untold, onService: untold, onDeleted: untold },
    onProgress: (read, total) => {
      place = { read, total }
    },
    ...(shareBytes !== undefined && { shareBytes }),
  })
  const lanes = new Lanes(AT_ONCE)
  for await (const share of shares)
    for (const at of share.queues()) {
      signal.throwIfAborted()
      onProgress({ step: 'verification of queues', ...place, count: count++ })
      await lanes.add(at.logged.queue.recipientId, 1, () => verifyQueue(run, at, counts))
    }
  await lanes.drain()
  return counts
}
