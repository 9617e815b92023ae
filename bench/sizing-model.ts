/** How many pods and shards a clientele takes: arithmetic on measured unit costs, nothing else. */
import type { UnitCosts } from './unit-costs.ts'

export interface Demand {
  readonly connections: number
  readonly queues: number
  /** At the busiest time. */
  readonly messagesPerSecond: number
  /** Stored at a time, of all queues together. */
  readonly waitingMessages: number
  /** Of the queues, while their owners are connected. */
  readonly subscribedShare: number
  readonly notifierShare: number
  /** How long a connection lasts. */
  readonly connectionHours: number
  /** Between two PINGs of a connection that gets nothing else. */
  readonly pingSeconds: number
  /** How many times the average the busiest time is. */
  readonly peakFactor: number
  /** In which the clients of a pod that died are back. */
  readonly podReturnSeconds: number
  /** In which everybody is back after all were away. */
  readonly regionReturnMinutes: number
}

/** What machines are and how full they may be. */
export interface Plan {
  /** Of the one core that a pod has, as a rule and while clients come back. */
  readonly podUtilization: number
  readonly returnUtilization: number
  readonly podMemoryGib: number
  readonly podMemoryShare: number
  readonly connectionsPerPod: number
  /** SLUICE_CACHED_QUEUES. */
  readonly cachedQueues: number
  readonly shardUtilization: number
  readonly shardMemoryGib: number
  /** The rest is for forks, buffers and fragmentation. */
  readonly shardMemoryShare: number
  readonly shardCores: number
  /** Of each shard, beside its primary. */
  readonly replicas: number
}

export interface Prices {
  readonly vcpuHour: number
  readonly gibHour: number
  /** To clients. */
  readonly egressGb: number
}

export interface Question {
  readonly demand: Demand
  readonly plan: Plan
  readonly prices: Prices
  readonly costs: UnitCosts
}

/** Each by itself; the largest counts. With one pod away, but for the return of all. */
export interface PodsFor {
  readonly load: number
  readonly memory: number
  readonly connections: number
  readonly deadPod: number
  readonly region: number
}

export interface ShardsFor {
  readonly load: number
  readonly memory: number
  readonly region: number
}

export interface Sizing {
  readonly pods: number
  readonly podsFor: PodsFor
  readonly shards: number
  readonly shardsFor: ShardsFor
  readonly redisNodes: number
  /** Share of the messages that go from one pod to another. */
  readonly acrossShare: number
  /** Cores in use at the busiest time, of all together. */
  readonly podCores: number
  readonly redisCores: number
  /** Bytes, of all together. */
  readonly podBytes: number
  readonly redisBytes: number
  /** Bytes a second at the busiest time. */
  readonly network: Network
  /** Seconds of all pods' cores that it takes when everybody comes back. */
  readonly returnCoreSeconds: number
  /** A month, in the currency of the prices. */
  readonly cost: Cost
}

export interface Network {
  readonly fromClients: number
  readonly toClients: number
  readonly toRedis: number
  readonly fromRedis: number
  readonly toReplicas: number
}

export interface Cost {
  readonly pods: number
  readonly redis: number
  readonly egress: number
  readonly total: number
}

/** One more than the load takes, and never fewer than three, so that two are left of them. */
const LEAST_PODS = 3
/** Queues are spread over so many parts, each of which is on one shard. */
export const MOST_SHARDS = 256
const MOST_PODS = 100_000
const GIB = 2 ** 30
const MICROSECONDS = 1e6
const HOURS_A_MONTH = 730
/** 16,384, a TLS record's 22, and 12 segments with 52 bytes of TCP and IP each. */
export const WIRE_BLOCK_BYTES = 16_384 + 22 + 12 * 52
export const SUBS_A_BLOCK = 135

/** The smallest whole number that is enough; more is always enough too. */
const smallest = (from: number, to: number, isEnough: (count: number) => boolean): number => {
  let [low, high] = [from, to]
  if (!isEnough(high)) return Number.POSITIVE_INFINITY
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (isEnough(middle)) high = middle
    else low = middle + 1
  }
  return low
}

const acrossShareOf = (pods: number): number => 1 - 1 / pods

const mix = (same: number, across: number, pods: number): number =>
  same + (across - same) * acrossShareOf(pods)

const subscriptionsOf = ({ queues, subscribedShare }: Demand): number => queues * subscribedShare

const reconnectsPerSecond = ({ connections, connectionHours }: Demand): number =>
  connections / (connectionHours * 3600)

const pingsPerSecond = ({ connections, pingSeconds }: Demand): number => connections / pingSeconds

/** Microseconds of pods when everybody comes back. */
const returnWork = (demand: Demand, costs: UnitCosts): number =>
  demand.connections * costs.podHandshake + subscriptionsOf(demand) * costs.podSubscription

/** Cores of all pods, as a rule at the busiest time. */
const podLoad = (demand: Demand, costs: UnitCosts, pods: number): number => {
  const message = mix(costs.podMessageSame, costs.podMessageAcross, pods)
  const comingBack = returnWork(demand, costs) / (demand.connectionHours * 3600)
  const pings = pingsPerSecond(demand) * costs.podPing
  const work = demand.messagesPerSecond * message + comingBack + pings + pods * costs.podIdle
  return work / MICROSECONDS
}

/** Bytes of all pods. */
const podBytesOf = ({ demand, plan, costs }: Question, pods: number): number => {
  // a queue's record is at its recipient's pod and at its sender's
  const records = Math.min(plan.cachedQueues * pods, subscriptionsOf(demand) * 2)
  return (
    pods * costs.podBaseBytes +
    demand.connections * costs.podConnectionBytes +
    subscriptionsOf(demand) * costs.podSubscriptionBytes +
    records * costs.podRecordBytes
  )
}

const podsFor = (question: Question): PodsFor => {
  const { demand, plan, costs } = question
  const { podUtilization, returnUtilization, podMemoryGib, podMemoryShare } = plan
  const work = returnWork(demand, costs) / MICROSECONDS
  const enough = (isEnough: (pods: number) => boolean): number =>
    smallest(LEAST_PODS, MOST_PODS, isEnough)
  const load = (pods: number): number => podLoad(demand, costs, pods)
  const memory = podMemoryGib * GIB * podMemoryShare
  return {
    load: enough((pods) => load(pods) <= (pods - 1) * podUtilization),
    memory: enough((pods) => podBytesOf(question, pods - 1) <= (pods - 1) * memory),
    connections: enough((pods) => demand.connections <= (pods - 1) * plan.connectionsPerPod),
    deadPod: enough((pods) => {
      const comingBack = work / pods / demand.podReturnSeconds
      return load(pods) + comingBack <= (pods - 1) * returnUtilization
    }),
    region: enough((pods) => {
      const comingBack = work / (demand.regionReturnMinutes * 60)
      return load(pods) + comingBack <= pods * returnUtilization
    }),
  }
}

/** Cores of all primaries, as a rule at the busiest time. */
const redisLoad = (demand: Demand, costs: UnitCosts, pods: number): number => {
  const message = mix(costs.redisMessageSame, costs.redisMessageAcross, pods)
  const subscriptions = subscriptionsOf(demand) / (demand.connectionHours * 3600)
  const work =
    demand.messagesPerSecond * message +
    subscriptions * costs.redisSubscription +
    pods * costs.redisIdle
  return work / MICROSECONDS
}

const redisBytesOf = (demand: Demand, costs: UnitCosts): number =>
  demand.queues * (costs.redisQueueBytes + demand.notifierShare * costs.redisNotifierBytes) +
  subscriptionsOf(demand) * costs.redisSubscribedBytes +
  demand.waitingMessages * costs.redisMessageBytes

const shardsFor = (demand: Demand, plan: Plan, costs: UnitCosts, pods: number): ShardsFor => {
  const load = redisLoad(demand, costs, pods)
  const work = (subscriptionsOf(demand) * costs.redisSubscription) / MICROSECONDS
  const comingBack = work / (demand.regionReturnMinutes * 60)
  const memory = plan.shardMemoryGib * GIB * plan.shardMemoryShare
  return {
    load: Math.max(1, Math.ceil(load / plan.shardUtilization)),
    memory: Math.max(1, Math.ceil(redisBytesOf(demand, costs) / memory)),
    region: Math.max(1, Math.ceil((load + comingBack) / plan.returnUtilization)),
  }
}

/** SEND and ACK come in; OK, MSG and OK go out. */
const networkOf = (demand: Demand, plan: Plan, costs: UnitCosts, pods: number): Network => {
  const { messagesPerSecond: messages, connections } = demand
  const subscriptionsEach = connections === 0 ? 0 : subscriptionsOf(demand) / connections
  // a hello and the SUBs
  const reconnecting =
    reconnectsPerSecond(demand) * (1 + Math.ceil(subscriptionsEach / SUBS_A_BLOCK))
  const others = pingsPerSecond(demand) + reconnecting
  const stored = messages * costs.redisMessageBytes
  return {
    fromClients: (messages * 2 + others) * WIRE_BLOCK_BYTES,
    toClients: (messages * 3 + others) * WIRE_BLOCK_BYTES,
    toRedis: stored,
    fromRedis: stored * acrossShareOf(pods),
    toReplicas: stored * plan.replicas,
  }
}

const costOf = (
  { pods, redisNodes, toClients }: { pods: number; redisNodes: number; toClients: number },
  { peakFactor }: Demand,
  plan: Plan,
  prices: Prices,
): Cost => {
  const hours = (vcpus: number, gib: number): number =>
    HOURS_A_MONTH * (vcpus * prices.vcpuHour + gib * prices.gibHour)
  const ofPods = pods * hours(1, plan.podMemoryGib)
  const ofRedis = redisNodes * hours(plan.shardCores, plan.shardMemoryGib)
  const gigabytes = ((toClients / peakFactor) * HOURS_A_MONTH * 3600) / 1e9
  const egress = gigabytes * prices.egressGb
  return { pods: ofPods, redis: ofRedis, egress, total: ofPods + ofRedis + egress }
}

export const sizeOf = (question: Question): Sizing => {
  const { demand, plan, prices, costs } = question
  const needs = podsFor(question)
  const pods = Math.max(...Object.values(needs))
  const shardNeeds = shardsFor(demand, plan, costs, pods)
  const shards = Math.max(...Object.values(shardNeeds))
  const redisNodes = shards * (1 + plan.replicas)
  const network = networkOf(demand, plan, costs, pods)
  return {
    ...{ pods, podsFor: needs, shards, shardsFor: shardNeeds, redisNodes, network },
    acrossShare: acrossShareOf(pods),
    podCores: podLoad(demand, costs, pods),
    redisCores: redisLoad(demand, costs, pods),
    podBytes: podBytesOf(question, pods),
    redisBytes: redisBytesOf(demand, costs),
    returnCoreSeconds: returnWork(demand, costs) / MICROSECONDS,
    cost: costOf({ pods, redisNodes, toClients: network.toClients }, demand, plan, prices),
  }
}
