/** A thread that runs a part of a load. */
import { parentPort, workerData } from 'node:worker_threads'
import type { LoadPlan } from './plan.ts'
import { GeneratorLimit, runLoad } from './run-load.ts'
import type { FromWorker } from './workers.ts'

const tell = (message: FromWorker): void => parentPort?.postMessage(message)

const controller = new AbortController()
parentPort?.on('message', () => controller.abort(new Error('stopped')))

try {
  const plan: LoadPlan = workerData
  const record = await runLoad(plan, {
    signal: controller.signal,
    onProgress: (progress) => tell({ tag: 'progress', progress }),
  })
  tell({ tag: 'done', record })
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  tell({ tag: 'failed', message, isLimit: error instanceof GeneratorLimit })
} finally {
  parentPort?.close()
}
