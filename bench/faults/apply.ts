/** Makes a fault happen. */
import { setTimeout as delay } from 'node:timers/promises'
import { ask } from '../../test/support/redis/ask.ts'
import type { RedisServer } from '../../test/support/redis.ts'
import type { RoundLoad } from './load.ts'
import { Random } from './random.ts'
import type { Rig } from './rig.ts'
import type { Fault, FaultKind } from './schedule.ts'
import { readSlowly } from './slow-readers.ts'

export interface Scene {
  readonly rig: Rig
  readonly load: RoundLoad
  /** Of the round's begin. */
  readonly primaries: readonly RedisServer[]
}

type Of<K extends FaultKind> = Extract<Fault, { readonly kind: K }>

const one = <T>(all: readonly T[], { draw }: Fault): T | undefined =>
  all[Math.floor(draw * all.length)]

/** At least one of them. */
const some = <T>(all: readonly T[], fault: Fault & { readonly share: number }): readonly T[] => {
  const count = Math.max(1, Math.round(all.length * fault.share))
  return new Random(`${fault.draw}`).shuffled(all).slice(0, count)
}

/** A server that is away just now cannot be asked for more. */
const askIfThere = async (
  server: RedisServer | undefined,
  args: readonly [string, ...string[]],
): Promise<void> => {
  const [name, ...rest] = args
  if (server !== undefined)
    await ask(server, (client) => client.call(name, ...rest)).catch(() => {})
}

const endPod = async (scene: Scene, fault: Of<'kill-pod' | 'drain-pod'>): Promise<void> => {
  const { living } = scene.rig.pods
  const pod = one(living, fault)
  if (pod === undefined || living.length < 2) return
  const ended = fault.kind === 'kill-pod' ? pod.kill() : pod.stop()
  await Promise.all([ended, scene.rig.addPod()])
}

const pauseRedis = async ({ primaries }: Scene, fault: Of<'pause-redis'>): Promise<void> => {
  const server = one(primaries, fault)
  await server?.pause()
  await delay(fault.forMs)
  await server?.resume()
}

const applications: {
  readonly [K in FaultKind]: (scene: Scene, fault: Of<K>) => Promise<void>
} = {
  'kill-pod': endPod,
  'drain-pod': endPod,
  'pause-redis': pauseRedis,
  async 'kill-redis'({ rig, primaries }, fault) {
    const server = one(primaries, fault)
    if (server !== undefined) await rig.store.kill(server, fault.forMs)
  },
  async 'fail-over'({ rig, primaries }, fault) {
    const server = one(primaries, fault)
    if (server !== undefined) await rig.store.failOver(server)
  },
  'cut-redis': ({ primaries }, fault) =>
    askIfThere(one(primaries, fault), ['CLIENT', 'KILL', 'TYPE', fault.connections]),
  'forget-scripts': ({ primaries }, fault) =>
    askIfThere(one(primaries, fault), ['SCRIPT', 'FLUSH']),
  async 'cut-clients'({ load }, fault) {
    for (const line of some(await load.lines(), fault)) line.cut()
  },
  async 'silence-clients'({ load }, fault) {
    await Promise.all(some(await load.lines(), fault).map((line) => line.silence(fault.forMs)))
  },
  async 'slow-readers'(scene, fault) {
    await readSlowly(scene, some([...scene.load.devices.keys()], fault), fault)
  },
  async 'hold-acks'({ load }, fault) {
    const held = delay(fault.forMs)
    for (const device of some(load.devices, fault)) device.holdAcks(held)
    await held
  },
  async 'take-over'({ load }, fault) {
    for (const queue of some(load.queues, fault)) load.takeOver(queue, fault.draw)
  },
  async 'step-clock'({ rig }, fault) {
    const pod = one(rig.pods.living, fault)
    if (pod !== undefined) await rig.stepClock(pod, fault.seconds)
  },
}

export const applyFault = <K extends FaultKind>(scene: Scene, fault: Of<K>): Promise<void> => {
  const apply: (scene: Scene, fault: Of<K>) => Promise<void> = applications[fault.kind as K]
  return apply(scene, fault)
}
