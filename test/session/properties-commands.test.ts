/** Random commands of several connections at once, over a store that is far away. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { turn, withTimers } from '../support/clock.ts'
import {
  ACK,
  dhKey,
  KEY,
  type Line,
  LSET,
  NKEY,
  RKEY,
  SEND,
  SKEY,
  signingKey,
  unknownId,
  unsigned,
} from '../support/wire.ts'
import type { WireClient } from '../support/wire-client.ts'
import type { WireQueue } from '../support/wire-directory.ts'
import { WireRelay } from '../support/wire-relay.ts'
import { ChaosStore } from '../support/wire-store.ts'

const CLIENTS = 3
const WORN_OUT = 'a queue kept changing under a command'
const QUEUES = 3

/** mulberry32: the same numbers for the same seed. */
const randomOf = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

type Say = (q: WireQueue, corrId: string) => Line

const other = signingKey()
const shared = [signingKey(), signingKey()] as const

/** Each command on one of the queues; some of them with a key or an id that is wrong. */
const commands: readonly Say[] = [
  (q, corrId) => [q.key, corrId, q.rid, 'SUB'],
  (q, corrId) => [q.key, corrId, q.rid, 'SUB'],
  (q, corrId) => [q.key, corrId, q.rid, 'GET'],
  (q, corrId) => [q.key, corrId, q.rid, 'QUE'],
  (q, corrId) => [q.key, corrId, q.rid, ACK('')],
  (q, corrId) => [q.key, corrId, q.rid, ACK(unknownId())],
  (q, corrId) => [unsigned, corrId, q.sid, SEND(corrId, 'T')],
  (q, corrId) => [unsigned, corrId, q.sid, SEND(corrId, 'T')],
  (q, corrId) => [shared[0], corrId, q.sid, SEND(corrId)],
  (q, corrId) => [q.key, corrId, q.rid, KEY(shared[0])],
  (q, corrId) => [shared[1], corrId, q.sid, SKEY(shared[1])],
  (q, corrId) => [q.key, corrId, q.rid, RKEY(other)],
  (q, corrId) => [q.key, corrId, q.rid, NKEY(shared[0], dhKey())],
  (q, corrId) => [q.key, corrId, q.rid, 'NDEL'],
  (q, corrId) => [shared[0], corrId, q.notifier?.nid ?? 'none', 'NSUB'],
  (q, corrId) => [shared[0], corrId, q.notifier?.nid ?? 'none', 'NSUB'],
  (q, corrId) => [q.key, corrId, q.rid, LSET(q.rid.slice(0, 20), 'fixed', corrId)],
  (q, corrId) => [q.key, corrId, q.rid, 'LDEL'],
  (q, corrId) => [unsigned, corrId, q.rid.slice(0, 20), 'LGET'],
  (q, corrId) => [q.key, corrId, q.rid, 'OFF'],
  (q, corrId) => [q.key, corrId, q.rid, 'DEL'],
  (q, corrId) => [other, corrId, q.rid, 'SUB'],
  (q, corrId) => [other, corrId, q.rid, 'HELLO'],
  (_, corrId) => [unsigned, corrId, '', 'PING'],
]

interface Step {
  readonly client: number
  /** Said in one block. */
  readonly commands: readonly { readonly command: number; readonly queue: number }[]
  /** Turns of the event loop before the next step. */
  readonly pause: number
  readonly leaves: boolean
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    client: fc.nat({ max: CLIENTS - 1 }),
    commands: fc.array(
      fc.record({
        command: fc.nat({ max: commands.length - 1 }),
        queue: fc.nat({ max: QUEUES - 1 }),
      }),
      { minLength: 1, maxLength: 6 },
    ),
    pause: fc.nat({ max: 3 }),
    leaves: fc.integer({ min: 0, max: 19 }).map((n) => n === 0),
  }),
  { minLength: 5, maxLength: 40 },
)

/** A connection with the corrIds that are to be answered. */
interface Speaker {
  client: WireClient
  readonly expected: Set<string>
  readonly answered: string[]
}

const collect = ({ client, answered }: Speaker): void => {
  for (const [corrId] of client.takeAll()) if (corrId !== '') answered.push(corrId)
}

const settle = async (speakers: readonly Speaker[]): Promise<void> => {
  for (let turns = 0; turns < 600; turns++) {
    await turn()
    if (turns % 20 > 0) continue
    for (const one of speakers) collect(one)
    if (speakers.every(({ expected, answered }) => answered.length >= expected.size)) break
  }
}

const run = async (relay: WireRelay, chaos: ChaosStore, script: readonly Step[]): Promise<void> => {
  const owner = await relay.connect()
  const queues: WireQueue[] = []
  for (const mode of ['messaging', 'contact', 'messaging'] as const)
    queues.push(await owner.creates({ request: { mode }, notifierKey: shared[0] }))
  const speakers: Speaker[] = []
  for (let index = 0; index < CLIENTS; index++) {
    const client = await relay.connect({ version: index === 0 ? 7 : 18 })
    speakers.push({ client, expected: new Set(), answered: [] })
  }
  chaos.begin()
  let said = 0
  for (const step of script) {
    const speaker = speakers[step.client]
    if (speaker === undefined) continue
    const lines = step.commands.map(({ command, queue }) => {
      const corrId = `corr ${said++}`
      speaker.expected.add(corrId)
      const [say, q] = [commands[command], queues[queue]]
      assert.ok(say && q)
      return say(q, corrId)
    })
    speaker.client.says(...lines)
    for (let turns = 0; turns < step.pause; turns++) await turn()
    if (!step.leaves) continue
    collect(speaker)
    speaker.client.leaves()
    speaker.client = await relay.connect()
    speaker.expected.clear()
    speaker.answered.length = 0
  }
  await settle(speakers)
  for (const { expected, answered } of speakers)
    assert.deepEqual([...answered].sort(), [...expected].sort())
}

const timers = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

const check = async (faults: number, numRuns: number): Promise<void> => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), steps, async (seed, script) => {
      const before = timers()
      const chaos = new ChaosStore({ random: randomOf(seed), turns: 3, faults })
      const relay = new WireRelay({ held: chaos })
      await run(relay, chaos, script)
      // no session in the hub, no timer, and no subscriber in the store: unless it failed to tell
      // that it has one, which is then replaced by the next one
      await relay.disconnectAll()
      assert.equal(timers(), before)
      if (faults > 0) return relay.store.close()
      // three who change one queue at once may wear a command out
      assert.deepEqual(
        relay.errors.map(String).filter((text) => !text.includes(WORN_OUT)),
        [],
      )
      relay.faults.length = 0
      return relay.close()
    }),
    { numRuns },
  )
}

test('each request gets one answer, and nothing stays behind', () => check(0, 60))

test('also when the store fails now and then', () => check(0.05, 60))

interface Model {
  readonly relay: WireRelay
  readonly q: WireQueue
  readonly sent: Set<string>
  readonly received: string[]
}

/** A recipient that acknowledges what it gets, and subscribes when it is told to. */
class Reader {
  readonly #model: Model
  readonly client: WireClient
  isSubscribed = false
  #serial = 0
  /** Since the last SUB: each message comes once. */
  readonly #seen = new Set<string>()

  constructor(model: Model, client: WireClient) {
    this.#model = model
    this.client = client
  }

  subscribe(): void {
    this.#says('SUB')
  }

  /** Looks at what has come; true when there was something. */
  react(): boolean {
    const heard = this.client.takeAll()
    for (const [corrId, , reply] of heard) this.#hear(corrId, reply)
    return heard.length > 0
  }

  #hear(corrId: string, reply: string): void {
    const command = corrId.split(' ')[0]
    if (reply === 'END') this.isSubscribed = false
    if (reply === 'SOK 0') {
      this.isSubscribed = true
      this.#seen.clear()
    }
    // what is lost on the way is said again
    if (reply === 'ERR INTERNAL' && command === 'SUB') this.subscribe()
    if (reply === 'ERR INTERNAL' && command === 'ACK') this.#acknowledge(this.#last)
    if (reply.startsWith('MSG F ')) this.#receive(reply.slice('MSG F '.length))
  }

  #last = ''

  #receive(body: string): void {
    assert.ok(!this.#seen.has(body), `${body} comes twice`)
    this.#seen.add(body)
    this.#model.received.push(body)
    this.#acknowledge(body)
  }

  #acknowledge(body: string): void {
    this.#last = body
    this.#says(ACK(this.#model.q.idOf(body)), 'ACK')
  }

  #says(command: string, name = command): void {
    const { q } = this.#model
    this.client.says([q.key, `${name} ${this.#serial++}`, q.rid, command])
  }
}

const moves = fc.array(
  fc.record({
    what: fc.constantFrom('send', 'send', 'send', 'subscribe', 'leave', 'stall', 'resume'),
    who: fc.nat({ max: 2 }),
    pause: fc.nat({ max: 4 }),
  }),
  { minLength: 5, maxLength: 60 },
)

test('messages are never stuck, never lost, never twice: readers come, go and take over', () =>
  withTimers(async (advance) => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), moves, async (seed, script) => {
        const chaos = new ChaosStore({ random: randomOf(seed), turns: 3 })
        const relay = new WireRelay({ held: chaos })
        const sender = await relay.connect()
        const q = await sender.creates()
        chaos.begin()
        const model: Model = { relay, q, sent: new Set(), received: [] }
        const readers: Reader[] = []
        for (let index = 0; index < 3; index++)
          readers.push(new Reader(model, await relay.connect()))
        const passes = async (turns: number): Promise<void> => {
          for (let count = 0; count < turns; count++) {
            await turn()
            for (const reader of readers) reader.react()
          }
        }
        for (const { what, who, pause } of script) {
          const reader = readers[who]
          assert.ok(reader)
          if (what === 'subscribe') reader.subscribe()
          if (what === 'stall') reader.client.connection.stall()
          if (what === 'resume') reader.client.connection.resume()
          if (what === 'leave') {
            reader.client.leaves()
            readers[who] = new Reader(model, await relay.connect())
          }
          if (what === 'send') {
            const body = `${model.sent.size}`
            model.sent.add(body)
            sender.says([unsigned, body, q.sid, SEND(body)])
          }
          await passes(pause)
        }
        for (const { client } of readers) client.connection.resume()
        await passes(model.sent.size * 16 + 60)
        // whoever holds the queue has emptied it by now, and nobody need ask again
        const holders = readers.filter(({ isSubscribed }) => isSubscribed)
        assert.ok(holders.length <= 1, 'two readers think that they hold the queue')
        const described = await relay.store.describeQueue(await relay.recordOf(q.rid))
        const size = described.outcome === 'done' ? described.size : undefined
        if (holders.length === 1) assert.equal(size, 0, 'messages are stuck')
        const last = new Reader(model, await relay.connect())
        readers.push(last)
        last.subscribe()
        await passes(model.sent.size * 16 + 60)
        assert.deepEqual(new Set(model.received), model.sent)
        // one sender, so the order in which they came first is the order of SEND
        assert.deepEqual([...new Set(model.received)], [...model.sent])
        await advance(0)
        await relay.close()
      }),
      { numRuns: 60 },
    )
  }))
