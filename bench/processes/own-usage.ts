/** What a process says of itself: CPU, memory, and where its time goes. */
import { readdirSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'
import { memoryUsage } from 'node:process'

/** Microseconds, of all threads since the start of the process. */
export interface CpuUsage {
  readonly user: number
  readonly system: number
}

export interface MemoryUsage {
  readonly rss: number
  readonly heapUsed: number
  readonly external: number
  readonly arrayBuffers: number
}

export interface ProfileEntry {
  readonly name: string
  readonly place: string
  /** Share of the samples that were not idle. */
  readonly share: number
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50))

/** After several collections: finalizers of the first one free memory outside the heap. */
const collectedMemory = async (): Promise<MemoryUsage> => {
  for (let round = 0; round < 4; round++) {
    globalThis.gc?.()
    await settled()
  }
  const { rss, heapUsed, external, arrayBuffers } = memoryUsage()
  return { rss, heapUsed, external, arrayBuffers }
}

/** What keeps a process from answering, in milliseconds. */
export interface Pauses {
  /** How late timers were that were due every few milliseconds. */
  readonly loopP99: number
  readonly loopMax: number
  readonly collections: number
  /** Of all garbage collections together, and the longest. */
  readonly collecting: number
  readonly longestCollection: number
}

const RESOLUTION_MS = 5
const NANOSECONDS = 1e6

let loopDelay: ReturnType<typeof monitorEventLoopDelay> | undefined
let collections: number[] = []
const collector = new PerformanceObserver((list) => {
  collections.push(...list.getEntries().map(({ duration }) => duration))
})

const startPauses = (): void => {
  collections = []
  collector.observe({ entryTypes: ['gc'] })
  loopDelay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  loopDelay.enable()
}

/** The histogram counts from one look to the next, so the time between looks is taken off. */
const lateness = (nanoseconds: number): number =>
  Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION_MS)

const stopPauses = async (): Promise<Pauses> => {
  // observers are told a turn later
  await settled()
  collector.disconnect()
  loopDelay?.disable()
  return {
    loopP99: lateness(loopDelay?.percentile(99) ?? Number.NaN),
    loopMax: lateness(loopDelay?.max ?? Number.NaN),
    collections: collections.length,
    collecting: collections.reduce((sum, duration) => sum + duration, 0),
    longestCollection: Math.max(0, ...collections),
  }
}

let profiler: Session | undefined

const startProfile = async (): Promise<void> => {
  profiler = new Session()
  profiler.connect()
  await profiler.post('Profiler.enable')
  await profiler.post('Profiler.setSamplingInterval', { interval: 200 })
  await profiler.post('Profiler.start')
}

const PROFILE_ENTRIES = 40
/** All functions of an addon have the name of any one of its symbols in a profile. */
const sodiumSymbol = /^(crypto|extension|randombytes|sodium)_/

/** The functions with the most samples of their own. */
const stopProfile = async (): Promise<readonly ProfileEntry[]> => {
  if (profiler === undefined) return []
  const { profile } = await profiler.post('Profiler.stop')
  profiler.disconnect()
  profiler = undefined
  const hits = new Map<string, { name: string; place: string; count: number }>()
  let total = 0
  for (const { callFrame, hitCount = 0 } of profile.nodes) {
    const { functionName, url, lineNumber } = callFrame
    if (functionName === '(idle)' || hitCount === 0) continue
    const isSodium = url === '' && sodiumSymbol.test(functionName)
    const name = isSodium ? '(sodium-native)' : functionName || '(anonymous)'
    total += hitCount
    const file = url.replace(/^.*\/(src|bench|node_modules)\//, '$1/')
    const place = file === '' ? '' : `${file}:${lineNumber + 1}`
    const entry = hits.get(`${name} ${place}`) ?? { name, place, count: 0 }
    entry.count += hitCount
    hits.set(`${name} ${place}`, entry)
  }
  return [...hits.values()]
    .sort((a, b) => b.count - a.count)
    .slice(0, PROFILE_ENTRIES)
    .map(({ name, place, count }) => ({ name, place, share: count / total }))
}

/** File descriptors, but for the one that reads them. */
const openFiles = (): number => readdirSync('/dev/fd').length - 1

export const usageMethods = {
  cpu: (): CpuUsage => process.cpuUsage(),
  openFiles,
  memory: collectedMemory,
  startPauses,
  stopPauses,
  startProfile,
  stopProfile,
}
