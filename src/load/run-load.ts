/** One load, from the first connection to the last deleted queue, on the event loop of this thread. */
import { performance } from 'node:perf_hooks'
import { openCourse } from './courses.ts'
import type { LoadPlan } from './plan.ts'
import { type Course, Stage } from './stage.ts'
import { Tally, type TallyRecord } from './tally.ts'

/** From here on figures speak of the generator, not of the server. */
export const BUSY = 0.9
const PROGRESS_MS = 1000

/** The rate asked for takes all of this thread: what would be measured is the generator. */
export class GeneratorLimit extends Error {
  override readonly name = 'GeneratorLimit'
}

export interface Progress {
  readonly isWarmUp: boolean
  /** Since the warm-up or the measurement began. */
  readonly seconds: number
  /** Messages and the like so far. */
  readonly count: number
}

export interface LoadHooks {
  /** Ends the load early; its queues are deleted all the same. */
  readonly signal: AbortSignal
  readonly onProgress?: (progress: Progress) => void
}

export interface LoadRecord {
  readonly tallies: readonly TallyRecord[]
  /** How busy the event loop was while it was measured, 0 to 1. */
  readonly utilisation: number
  /** Queues that could not be deleted. */
  readonly queuesLeft: number
}

interface Measured {
  readonly utilisation: number
}

const measure = async (
  course: Course,
  seconds: number,
  {
    isWarmUp,
    tallies,
    onProgress,
  }: {
    readonly isWarmUp: boolean
    readonly tallies: readonly Tally[]
    readonly onProgress: LoadHooks['onProgress']
  },
): Promise<Measured> => {
  const startedAt = performance.now()
  const since = (): number => (performance.now() - startedAt) / 1000
  const timer = setInterval(() => {
    const count = tallies.reduce((sum, tally) => sum + tally.count, 0)
    onProgress?.({ isWarmUp, seconds: since(), count })
  }, PROGRESS_MS)
  const before = performance.eventLoopUtilization()
  try {
    await course.run(seconds * 1000, tallies)
  } finally {
    clearInterval(timer)
  }
  const { utilization } = performance.eventLoopUtilization(before)
  const lasted = since()
  for (const tally of tallies) tally.lasted(lasted)
  return { utilisation: utilization }
}

const warmUp = async (course: Course, plan: LoadPlan, hooks: LoadHooks): Promise<void> => {
  const { warmUpSeconds, rate } = plan
  if (warmUpSeconds === 0 || !course.warmsUp) return
  const tallies = course.tallies.map(({ what }) => new Tally(what))
  const { onProgress } = hooks
  const { utilisation } = await measure(course, warmUpSeconds, {
    isWarmUp: true,
    tallies,
    onProgress,
  })
  if (rate === undefined || utilisation < BUSY || hooks.signal.aborted) return
  throw new GeneratorLimit(
    `the generator is the limit: at ${rate} a second its event loop is busy ${Math.round(utilisation * 100)} % of the time`,
  )
}

const runOn = async (stage: Stage, hooks: LoadHooks): Promise<Omit<LoadRecord, 'queuesLeft'>> => {
  const { plan, signal } = stage
  const course = await openCourse(stage)
  try {
    await warmUp(course, plan, hooks)
    const { tallies } = course
    if (signal.aborted) return { tallies: tallies.map(({ recorded }) => recorded), utilisation: 0 }
    const { onProgress } = hooks
    const { utilisation } = await measure(course, plan.seconds, {
      isWarmUp: false,
      tallies,
      onProgress,
    })
    return { tallies: tallies.map(({ recorded }) => recorded), utilisation }
  } finally {
    await course.close()
  }
}

/**
 * Runs a plan.
 * @throws GeneratorLimit; what the client library throws when the load cannot be set up; the
 *   signal's reason when it is aborted before that
 */
export const runLoad = async (plan: LoadPlan, hooks: LoadHooks): Promise<LoadRecord> => {
  const stage = new Stage(plan, hooks.signal)
  let queuesLeft = 0
  let record: Omit<LoadRecord, 'queuesLeft'>
  try {
    record = await runOn(stage, hooks)
  } finally {
    queuesLeft = await stage.clear()
  }
  return { ...record, queuesLeft }
}
