/** A load on several threads, each with a part of the plan. */
import { Worker } from 'node:worker_threads'
import { dividePlan, type LoadPlan } from './plan.ts'
import {
  GeneratorLimit,
  type LoadHooks,
  type LoadRecord,
  type Progress,
  runLoad,
} from './run-load.ts'
import { type Tallied, Tally, type TallyRecord } from './tally.ts'

export interface LoadReport {
  readonly results: readonly Tallied[]
  /** Of the busiest thread, 0 to 1. */
  readonly utilisation: number
  readonly workers: number
  readonly queuesLeft: number
}

/** A part of a load failed for a reason that another thread gave in words. */
export class WorkerFailure extends Error {
  override readonly name = 'WorkerFailure'
}

export type FromWorker =
  | { readonly tag: 'progress'; readonly progress: Progress }
  | { readonly tag: 'done'; readonly record: LoadRecord }
  | { readonly tag: 'failed'; readonly message: string; readonly isLimit: boolean }

// where the sources run as they are it has the one name, in the published package the other
const file = new URL(
  import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js',
  import.meta.url,
)

const runInWorker = (plan: LoadPlan, { signal, onProgress }: LoadHooks): Promise<LoadRecord> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(file, { workerData: plan })
    const stop = (): void => worker.postMessage('stop')
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    worker.on('message', (message: FromWorker) => {
      if (message.tag === 'progress') onProgress?.(message.progress)
      else if (message.tag === 'done') resolve(message.record)
      else if (message.isLimit) reject(new GeneratorLimit(message.message))
      else reject(new WorkerFailure(message.message))
    })
    worker.once('error', reject)
    worker.once('exit', () => {
      signal.removeEventListener('abort', stop)
      reject(new WorkerFailure('a worker ended early'))
    })
  })

const mergeTallies = (records: readonly LoadRecord[]): readonly Tallied[] => {
  const [first, ...others] = records
  const all = (first?.tallies ?? []).map((record) => {
    const tally = new Tally(record.what)
    const same = (one: LoadRecord): readonly TallyRecord[] =>
      one.tallies.filter(({ what }) => what === record.what)
    for (const part of [record, ...others.flatMap(same)]) tally.add(part)
    return tally
  })
  return all.map(({ result }) => result)
}

/** The latest progress of each part, summed up. */
const summed = (parts: number, onProgress: LoadHooks['onProgress']) => {
  const latest = new Map<number, Progress>()
  return (index: number) =>
    (progress: Progress): void => {
      latest.set(index, progress)
      // once a second is enough: the last part tells
      if (index !== parts - 1) return
      const count = [...latest.values()].reduce((sum, one) => sum + one.count, 0)
      onProgress?.({ ...progress, count })
    }
}

/**
 * Runs a plan on so many threads; one thread is this one.
 * @throws as `runLoad`, and WorkerFailure
 */
export const runLoads = async (
  plan: LoadPlan,
  workers: number,
  hooks: LoadHooks,
): Promise<LoadReport> => {
  const plans = dividePlan(plan, workers)
  // when one part fails the others end, and delete their queues
  const failed = new AbortController()
  const signal = AbortSignal.any([hooks.signal, failed.signal])
  const progressOf = summed(plans.length, hooks.onProgress)
  const runs = plans.map(async (part, i) => {
    try {
      const own = { signal, onProgress: progressOf(i) }
      return await (plans.length === 1 ? runLoad(part, own) : runInWorker(part, own))
    } catch (error) {
      if (!hooks.signal.aborted) failed.abort(error)
      throw error
    }
  })
  const ended = await Promise.allSettled(runs)
  failed.signal.throwIfAborted()
  const records = ended.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  if (records.length === 0) throw hooks.signal.reason
  return {
    results: mergeTallies(records),
    utilisation: Math.max(...records.map(({ utilisation }) => utilisation)),
    workers: plans.length,
    queuesLeft: records.reduce((sum, { queuesLeft }) => sum + queuesLeft, 0),
  }
}
