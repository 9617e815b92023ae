/** Puts the queues of a store log into the destination. */
import type { Put, WholeQueue } from '../store/transfer.ts'
import type { LoggedQueue } from './create-line.ts'
import { importServices, queueWithServices, type ServiceAt } from './import-services.ts'
import { Lanes } from './lanes.ts'
import type { LoggedAt } from './queue-log.ts'
import { readQueueShares } from './read-queues.ts'
import type { Run } from './run.ts'
import type { QueueCounts } from './tally.ts'

/** Each takes a few round trips: so many share them. */
const AT_ONCE = 512

export const countQueue = (counts: QueueCounts, queue: WholeQueue): void => {
  counts[queue.status.state] += 1
  if (queue.senderKey !== undefined) counts.secured += 1
  if (queue.link !== undefined) counts.links += 1
  if (queue.notifier !== undefined) counts.notifiers += 1
  if (queue.serviceId !== undefined || queue.notifier?.service) counts.ofServices += 1
}

/** What is not handed over. */
const countUnkept = ({ tally }: Run, logged: LoggedQueue): void => {
  if (logged.updatedAt !== undefined) tally.dates += 1
}

/** With its link, or where that leads to another queue by now (LSET, protocol 15.2), without. */
const put = async (run: Run, { line, logged }: LoggedAt) => {
  const { destination, problems, files, services } = run
  const problem = (reason: string) => problems.add({ file: files.queues.name, line, reason })
  const queue = queueWithServices(services, logged, problem)
  const { link, ...unlinked } = queue
  const outcome = await destination.putQueue(queue)
  if (outcome !== 'taken') return { outcome, queue, isWhole: true }
  const second: Put = link === undefined ? 'taken' : await destination.putQueue(unlinked)
  if (second === 'taken') problem('left out: another queue has one of its ids')
  else problem('without its link: another queue has the link id')
  return { outcome: second, queue: unlinked, isWhole: false }
}

const importQueue = async (run: Run, at: LoggedAt): Promise<void> => {
  const { tally, leftOut } = run
  const { outcome, queue, isWhole } = await put(run, at)
  if (outcome === 'taken') {
    leftOut.add(queue.recipientId)
    return
  }
  if (outcome === 'changed' || !isWhole) run.altered.add(queue.recipientId)
  tally.put[outcome] += 1
  countQueue(tally.queues, queue)
  countUnkept(run, at.logged)
}

export const importQueues = async (run: Run): Promise<void> => {
  const { files, tally, problems, onProgress, signal, shareBytes } = run
  let place = { read: 0, total: 1 }
  let count = 0
  const services: ServiceAt[] = []
  const shares = readQueueShares({
    file: files.queues,
    onProblem: (problem) => problems.add(problem),
    onService: (logged, line) => services.push({ logged, line }),
    onDeleted: () => {
      tally.deleted += 1
    },
    onProgress: (read, total) => {
      place = { read, total }
    },
    signal,
    ...(shareBytes !== undefined && { shareBytes }),
  })
  for await (const share of shares) {
    await importServices(run, services.splice(0))
    const lanes = new Lanes(AT_ONCE)
    for (const at of share.queues()) {
      signal.throwIfAborted()
      onProgress({ step: 'queues', ...place, count: count++ })
      await lanes.add(at.logged.queue.recipientId, 1, () => importQueue(run, at))
    }
    await lanes.drain()
  }
}
