/** Drives lanes: as fast as they go, or at a rate whatever the server does. */

/** Delivers one message after the other; milliseconds each. */
export interface Deliverer {
  deliver(): Promise<number>
}

export interface Drive {
  readonly lanes: readonly Deliverer[]
  readonly milliseconds: number
  /** No message is begun after it is aborted; those under way are finished. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds since a message was written, or at a rate: since it was due. */
  readonly onDelivered: (latencyMs: number) => void
  /** The lane is lost; without this the drive fails. */
  readonly onLost?: ((error: unknown) => void) | undefined
}

export interface PacedDrive extends Drive {
  readonly perSecond: number
  /** Milliseconds by which the load generator itself was late. */
  readonly onLate?: (ms: number) => void
  /** Waits for some time, and not longer than so many milliseconds. */
  readonly wait: (ms: number) => Promise<void>
}

/** Every lane delivers one message after the other. */
export const saturate = async (drive: Drive): Promise<void> => {
  const { lanes, milliseconds, signal, onDelivered, onLost } = drive
  const end = performance.now() + milliseconds
  const run = async (lane: Deliverer): Promise<void> => {
    try {
      while (performance.now() < end && !signal?.aborted) onDelivered(await lane.deliver())
    } catch (error) {
      if (onLost === undefined) throw error
      onLost(error)
    }
  }
  await Promise.all(lanes.map(run))
}

/** Each message on the lane that has been free longest; latencies count from when it was due. */
export const pace = async (drive: PacedDrive): Promise<void> => {
  const { lanes, milliseconds, signal, perSecond, onLate, wait } = drive
  const free = [...lanes]
  let living = lanes.length
  const underWay = new Set<Promise<void>>()
  const deliver = async (lane: Deliverer, lateMs: number): Promise<void> => {
    try {
      drive.onDelivered((await lane.deliver()) + lateMs)
      free.push(lane)
    } catch (error) {
      living -= 1
      if (drive.onLost === undefined) throw error
      drive.onLost(error)
    }
  }
  const start = performance.now()
  const count = Math.floor((perSecond * milliseconds) / 1000)
  for (let i = 0; i < count && living > 0; i++) {
    const due = start + (i * 1000) / perSecond
    while ((performance.now() < due || free.length === 0) && living > 0 && !signal?.aborted)
      await wait(Math.max(1, due - performance.now()))
    const lane = free.shift()
    // a server that is too slow must not make the run longer than it was to be
    const isOver = performance.now() > start + milliseconds
    if (lane === undefined || signal?.aborted || isOver) break
    const lateMs = performance.now() - due
    onLate?.(lateMs)
    const delivered = deliver(lane, lateMs).finally(() => underWay.delete(delivered))
    underWay.add(delivered)
  }
  await Promise.all(underWay)
}
