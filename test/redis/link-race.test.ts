/**
 * Two queues that want the same id, of which one's pod is slow, or dies, between any two of its
 * writes: one of them has it, and no other queue's record says so.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { EntityId, RecipientId } from '../../src/protocol/ids.ts'
import type { QueueRecord, QueueStore } from '../../src/store/store.ts'
import {
  type Link,
  newKey,
  newLink,
  newNotifier,
  newQueue,
  newRecipientId,
} from '../store/builders.ts'
import type { Pod } from '../store/cluster.ts'
import { ask } from '../support/redis/ask.ts'
import type { CuttingProxy } from '../support/redis/cutting-proxy.ts'
import { minuteLater } from '../support/redis/passing.ts'
import { within } from '../support/within.ts'
import { type Cuttable, server, withCuttable } from './cuttable.ts'

const done = { outcome: 'done' }

type Party = 'link' | 'notifier'

/** What both want: a link of this id, or a notifier. */
interface Wanted {
  readonly link: Link
  readonly notifier: ReturnType<typeof newNotifier>
}

interface Contender {
  readonly recipientId: RecipientId
  /** The outcome. */
  take(): Promise<string>
}

type Enter = (pod: Pod, wanted: Wanted) => Promise<Contender>

type Act = (record: QueueRecord) => Promise<{ readonly outcome: string }>

/** A command that finds its record changed is run again, as sessions do it. */
const again = async (
  pod: Pod,
  queue: Pick<QueueRecord, 'recipientId'>,
  act: Act,
): Promise<string> => {
  const { outcome } = await act(await pod.load(queue))
  return outcome === 'stale' ? again(pod, queue, act) : outcome
}

const changing =
  (actOf: (store: QueueStore, wanted: Wanted) => Act) =>
  async (pod: Pod, wanted: Wanted): Promise<Contender> => {
    const { recipientId } = await pod.create()
    const take = () => again(pod, { recipientId }, actOf(pod.store, wanted))
    return { recipientId, take }
  }

const making =
  (party: Party) =>
  async (pod: Pod, wanted: Wanted): Promise<Contender> => {
    const recipientId = newRecipientId()
    const queue = newQueue({ recipientId, [party]: wanted[party] })
    return { recipientId, take: async () => (await pod.store.createQueue(queue)).outcome }
  }

const lset = changing(
  (store, { link }) =>
    (record) =>
      store.setLinkData(record, link),
)
const nkey = changing(
  (store, { notifier }) =>
    (record) =>
      store.setNotifier(record, notifier, 0),
)

const idIn: Readonly<Record<Party, (record: QueueRecord) => EntityId | undefined>> = {
  link: ({ linkId }) => linkId,
  notifier: ({ notifier }) => notifier?.notifierId,
}

class Arena {
  readonly wanted: Wanted = { link: newLink(), notifier: newNotifier() }
  readonly pod: Pod
  readonly slowPod: Pod
  readonly proxy: CuttingProxy
  readonly prefix: string
  readonly #party: Party

  constructor({ pod, cutPod, proxy, prefix }: Cuttable, party: Party) {
    this.pod = pod
    this.slowPod = cutPod
    this.proxy = proxy
    this.prefix = prefix
    this.#party = party
  }

  get #id(): EntityId {
    const { link, notifier } = this.wanted
    return this.#party === 'link' ? link.linkId : notifier.notifierId
  }

  /** The queues whose records have the id, as the pod that lives sees them. */
  async #withId(
    contenders: readonly Pick<Contender, 'recipientId'>[],
  ): Promise<readonly RecipientId[]> {
    const ids = contenders.map(({ recipientId }) => recipientId)
    const records = await this.pod.find('recipient', ids)
    return ids.filter((_, i) => {
      const record = records[i]
      return record !== undefined && idIn[this.#party](record) === this.#id
    })
  }

  /** Undefined where nobody has it. */
  async holder(
    contenders: readonly Pick<Contender, 'recipientId'>[],
  ): Promise<RecipientId | undefined> {
    const [found] = await this.pod.find(this.#party, [this.#id])
    const holders = await this.#withId(contenders)
    assert.deepEqual(holders, found ? [found.recipientId] : [], 'whose record has it')
    return found?.recipientId
  }

  /** Whether it halts before it ends. */
  async isCut(taking: Promise<unknown>): Promise<boolean> {
    const ended = taking.then(() => false)
    const cut = this.proxy.cut.then(() => true)
    return within('it ends or waits', Promise.race([ended, cut]))
  }

  /** As a crash leaves it: the id leads to a queue whose record does not have it. */
  async forget(contender: Contender): Promise<void> {
    const { store } = this.pod
    const indexes = () => ask(server, (redis) => redis.keys(`${this.prefix}*:i:*`))
    const before = new Set(await indexes())
    assert.equal(await contender.take(), 'done')
    const [index = ''] = (await indexes()).filter((key) => !before.has(key))
    const leadsTo = (await ask(server, (redis) => redis.get(index))) ?? ''
    const record = await this.pod.load(contender)
    const forgetting = this.#party === 'link' ? store.deleteLinkData : store.removeNotifier
    assert.deepEqual(await forgetting.call(store, record, 0), done)
    await ask(server, (redis) => redis.set(index, leadsTo))
  }
}

const inArena = <T>(
  { party, isRotating = false }: Pick<Race, 'party' | 'isRotating'>,
  run: (arena: Arena) => Promise<T>,
): Promise<T> => withCuttable({ isRotating }, (at) => run(new Arena(at, party)))

interface Race {
  readonly party: Party
  readonly slow: Enter
  readonly quick: Enter
  /** While the cluster key changes: the pods name new things by different keys. */
  readonly isRotating?: boolean
}

const races: Readonly<Record<string, Race>> = {
  'LSET and LSET': { party: 'link', slow: lset, quick: lset },
  'LSET and LSET under another key': { party: 'link', slow: lset, quick: lset, isRotating: true },
  'LSET and NEW': { party: 'link', slow: lset, quick: making('link') },
  'NEW and LSET': { party: 'link', slow: making('link'), quick: lset },
  'NKEY and NKEY': { party: 'notifier', slow: nkey, quick: nkey },
  'NKEY and NEW': { party: 'notifier', slow: nkey, quick: making('notifier') },
}

/** One subtest for each number of writes, until it needed no more of them. */
const afterEach = async (
  t: TestContext,
  run: (writes: number, t: TestContext) => Promise<boolean>,
): Promise<number> => {
  let writes = 0
  for (let isCut = true; isCut; writes += 1)
    await t.test(`after ${writes} writes`, async (inner) => {
      isCut = false
      isCut = await run(writes, inner)
    })
  return writes
}

interface End {
  readonly arena: Arena
  /** The slow one first. */
  readonly both: readonly [Contender, Contender]
  readonly slowly: Promise<string>
  readonly quickly: string
}

/** The slow one halts twice: the quick one takes the id in between. Gives how often it did halt. */
const haltTwice = (
  race: Race,
  [first, second]: readonly [first: number, second: number],
  finish: (end: End) => Promise<void>,
): Promise<number> =>
  inArena(race, async (arena) => {
    const both = [
      await race.slow(arena.slowPod, arena.wanted),
      await race.quick(arena.pod, arena.wanted),
    ] as const
    arena.proxy.allow(first)
    const slowly = both[0].take()
    slowly.catch(() => {})
    const isCut = await arena.isCut(slowly)
    const quickly = await both[1].take()
    if (isCut) arena.proxy.allow(second)
    const isCutAgain = isCut && (await arena.isCut(slowly))
    await finish({ arena, both, slowly, quickly })
    return Number(isCut) + Number(isCutAgain)
  })

/** For each two moments. */
const everyHalt = async (
  t: TestContext,
  race: Race,
  finish: (end: End) => Promise<void>,
): Promise<void> => {
  const halts = await afterEach(t, async (first, inner) => {
    let isCut = false
    await afterEach(inner, async (second) => {
      const times = await haltTwice(race, [first, second], finish)
      isCut = times > 0
      return times > 1
    })
    return isCut
  })
  assert.ok(halts > 2, 'it writes something')
}

const change = async ({ pod }: Arena, { recipientId }: Contender): Promise<void> => {
  const [record] = await pod.find('recipient', [recipientId])
  if (record) assert.deepEqual(await pod.store.secureQueue(record, newKey()), done)
}

for (const [name, race] of Object.entries(races)) {
  test(`${name}: one has the id and the other is told, though its record changes`, (t) =>
    everyHalt(t, race, async ({ arena, both, slowly, quickly }) => {
      await change(arena, both[0])
      arena.proxy.heal()
      const answers = [await within('the slow one', slowly), quickly]
      assert.deepEqual(answers.toSorted(), ['done', 'taken'])
      const winner = both[answers.indexOf('done')]
      assert.equal(await arena.holder(both), winner?.recipientId)
    }))

  test(`${name}: one has the id, or none, where the other one's pod dies`, (t) =>
    everyHalt(t, race, async ({ arena, both, quickly }) => {
      const holder = await arena.holder(both)
      if (quickly === 'done') assert.equal(holder, both[1].recipientId)
      await minuteLater(server, arena.prefix)
      const later = await arena.holder(both)
      if (quickly === 'done') assert.equal(later, both[1].recipientId)
      const next = await race.quick(arena.pod, arena.wanted)
      assert.equal(await next.take(), later === undefined ? 'done' : 'taken')
    }))

  if (race.quick !== race.slow) continue
  test(`${name}, of which one takes what a crash left of the other`, async (t) => {
    const halts = await afterEach(t, (writes) =>
      inArena(race, async (arena) => {
        const both = [
          await race.slow(arena.slowPod, arena.wanted),
          await race.quick(arena.pod, arena.wanted),
        ] as const
        await arena.forget(both[1])
        arena.proxy.allow(writes)
        const slowly = both[0].take()
        const isCut = await arena.isCut(slowly)
        const quickly = await both[1].take()
        arena.proxy.heal()
        const answers = [await within('the slow one', slowly), quickly]
        assert.deepEqual(answers.toSorted(), ['done', 'taken'])
        const winner = both[answers.indexOf('done')]
        assert.equal(await arena.holder(both), winner?.recipientId)
        return isCut
      }),
    )
    assert.ok(halts > 2, 'it writes something')
  })
}

type Change = (pod: Pod, queue: QueueRecord, link: Link) => Promise<unknown>

const set: Change = (pod, queue, link) =>
  again(pod, queue, (record) => pod.store.setLinkData(record, link))
const remove: Change = (pod, queue) =>
  again(pod, queue, (record) => pod.store.deleteLinkData(record))

const ofOneQueue: Readonly<Record<string, readonly [slowly: Change, ...quickly: Change[]]>> = {
  'LDEL, and LSET': [remove, set],
  'LDEL, and LDEL and LSET': [remove, remove, set],
  'LSET, and LDEL': [set, remove],
  'LSET, and LDEL and LSET': [set, remove, set],
}

for (const [name, [slowly, ...quickly]] of Object.entries(ofOneQueue))
  test(`${name} at another pod, of one queue: what its record has is found`, async (t) => {
    const halts = await afterEach(t, (writes) =>
      inArena({ party: 'link' }, async (arena) => {
        const { pod, slowPod, proxy } = arena
        const { link } = arena.wanted
        const queue = await pod.create({ link })
        proxy.allow(writes)
        const changing = slowly(slowPod, queue, link)
        const isCut = await arena.isCut(changing)
        for (const one of quickly) await one(pod, queue, link)
        proxy.heal()
        await within('the slow one', changing)
        await arena.holder([queue])
        return isCut
      }),
    )
    assert.ok(halts > 1, 'it writes something')
  })
