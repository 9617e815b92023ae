/** What work costs the processes that do it. */
import { setTimeout as delay } from 'node:timers/promises'
import type { CpuUsage } from './processes/own-usage.ts'

/** A process, or several, with CPU time to account for. */
export interface CpuClock {
  cpu(): Promise<CpuUsage>
}

export interface Measured<T> {
  readonly value: T
  readonly seconds: number
  /** Microseconds of CPU, all threads, system calls included. */
  readonly cpu: number
  readonly systemCpu: number
  /** Of the process that makes the load. */
  readonly loadCpu: number
}

const total = ({ user, system }: CpuUsage): number => user + system

const sumOf = async (clocks: readonly CpuClock[]): Promise<CpuUsage> => {
  const all = await Promise.all(clocks.map((clock) => clock.cpu()))
  const sum = (field: keyof CpuUsage): number => all.reduce((so, usage) => so + usage[field], 0)
  return { user: sum('user'), system: sum('system') }
}

/** Runs `work` and says what it cost all of `clocks` together. */
export const measureCpu = async <T>(
  clocks: readonly CpuClock[],
  work: () => Promise<T>,
): Promise<Measured<T>> => {
  const before = await sumOf(clocks)
  const loadBefore = process.cpuUsage()
  const start = performance.now()
  const value = await work()
  const seconds = (performance.now() - start) / 1000
  const loadCpu = total(process.cpuUsage(loadBefore))
  const after = await sumOf(clocks)
  const systemCpu = after.system - before.system
  return { value, seconds, cpu: total(after) - total(before), systemCpu, loadCpu }
}

const LOOK_MS = 200
const LOOKS = 300
/** Share of a core; each pod looks after its mailboxes every few seconds. */
const IDLE_CORES = 0.1

/** Resolves when they have done what they do behind their clients' backs. */
export const untilIdle = async (clocks: readonly CpuClock[]): Promise<void> => {
  for (let i = 0; i < LOOKS; i++) {
    const { cpu, seconds } = await measureCpu(clocks, () => delay(LOOK_MS))
    if (cpu / seconds / 1e6 < IDLE_CORES) return
  }
}
