/** One round: load, the faults of its schedule, healing, and the judgement. */
import { setTimeout as delay } from 'node:timers/promises'
import type { RedisServer } from '../../test/support/redis.ts'
import { applyFault, type Scene } from './apply.ts'
import { audit, type Rules, type Violation } from './auditor.ts'
import type { Recorded } from './history.ts'
import { RoundLoad } from './load.ts'
import type { Rig } from './rig.ts'
import { type Fault, faultText, type Plan } from './schedule.ts'

/** Seconds, not minutes: Redis calls are given up after three, and clients come back at once. */
const SUBSCRIBED_MS = 20_000
const PROBED_MS = 10_000
const EMPTIED_MS = 10_000
/** Load after the last fault, when nothing is excused any more. */
const AFTER_MS = 200

type Primaries = readonly RedisServer[]

export interface RoundResult {
  readonly plan: Plan
  readonly events: readonly Recorded[]
  readonly rules: Rules
  readonly violations: readonly Violation[]
  readonly seconds: number
}

/** These replace a primary, also where nobody sees it afterwards. */
const replaces = ({ kind }: Fault): boolean => kind === 'kill-redis' || kind === 'fail-over'

const breakThings = async (scene: Scene, plan: Plan): Promise<void> => {
  const { rig, load } = scene
  const happen = async (fault: Fault): Promise<void> => {
    await delay(fault.atMs)
    load.history.add({ type: 'fault', text: faultText(fault) })
    await applyFault(scene, fault)
    load.history.add({ type: 'fault', text: `${faultText(fault)}: over` })
  }
  await Promise.all([delay(plan.loadMs), ...plan.faults.map(happen)])
  await rig.restore()
}

const heal = async (load: RoundLoad): Promise<void> => {
  const { history } = load
  if (!(await load.subscribed(SUBSCRIBED_MS)))
    for (const queue of load.unsubscribed) history.add({ type: 'forsaken', queue })
  history.add({ type: 'healed' })
  await delay(AFTER_MS)
  await load.stopSending()
  await load.probe(PROBED_MS)
  await load.emptied(EMPTIED_MS)
  history.add({ type: 'settled' })
  await load.look()
}

/** A busy machine may make a primary look dead at any time. */
const rulesOf = ({ rig: { store } }: Scene, plan: Plan, seen: readonly Primaries[]): Rules => {
  const [first = [], healed = [], last = []] = seen
  const isOther = (before: Primaries, after: Primaries): boolean =>
    after.some((server) => !before.includes(server))
  if (store.durability !== 'replica') return { forgets: 'nothing' }
  if (isOther(healed, last)) return { forgets: 'always' }
  const isPlanned = plan.faults.some(replaces)
  return { forgets: isPlanned || isOther(first, healed) ? 'until healed' : 'nothing' }
}

export const runRound = async (rig: Rig, plan: Plan): Promise<RoundResult> => {
  const { store } = rig
  const beganAt = performance.now()
  await using load = await RoundLoad.start(rig.pods)
  await load.subscribed(SUBSCRIBED_MS)
  const scene = { rig, load, primaries: await store.primaries() }
  await breakThings(scene, plan)
  const healed = await store.primaries()
  await heal(load)
  load.history.add({ type: 'buffered', bytes: await rig.mostBufferedBytes() })
  const rules = rulesOf(scene, plan, [scene.primaries, healed, await store.primaries()])
  const events = [...load.history.events]
  const violations = audit(events, rules)
  return { plan, events, rules, violations, seconds: (performance.now() - beganAt) / 1000 }
}
