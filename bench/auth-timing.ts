/**
 * `npm run bench:auth`: does the time of ERR AUTH tell whether a queue exists? Each case compares
 * commands for queues that do not exist with the same commands for queues that do, sent by someone
 * without the right key. Prints ratios; asserts nothing.
 */
import type { Request } from '../src/client/authorization.ts'
import { nativeCrypto as crypto } from '../src/crypto/native.ts'
import type { KeyAlgorithm } from '../src/crypto/provider.ts'
import type { Command } from '../src/protocol/command.ts'
import { type EntityId, entityIdOf, ID_BYTES } from '../src/protocol/ids.ts'
import {
  algorithms,
  createSecured,
  createShared,
  createSuspended,
  createUnsecured,
  type KnownQueue,
  type Pool,
} from './auth-queues.ts'
import { fail, readOptions } from './options.ts'
import { RawSession } from './raw-session.ts'
import { RelayUnderTest } from './relay-under-test.ts'
import { figure, machineLine, tableText, thisMachine } from './report.ts'
import { median } from './statistics.ts'

interface Case {
  readonly command: string
  readonly credential: KeyAlgorithm | 'none'
  readonly existing: string
  readonly pool: Pool
  readonly idOf: (queue: KnownQueue) => EntityId
  readonly request: (entityId: EntityId) => Request
}

/** Microseconds; `low` and `high` are ratios of parts of the samples: how far noise alone goes. */
interface Comparison {
  readonly missing: number
  readonly existing: number
  readonly ratio: number
  readonly low: number
  readonly high: number
}

export interface CaseResult {
  readonly command: string
  readonly credential: string
  readonly existing: string
  readonly single: Comparison
  readonly block: Comparison
}

const POOL = 512
const COMMANDS_IN_BLOCK = 48
const SEGMENTS = 5
const body = crypto.randomBytes(64)

const strangers = new Map(
  algorithms.map((algorithm) => [algorithm, crypto.generateKeyPair(algorithm)] as const),
)

const strangerOf = (algorithm: KeyAlgorithm) => {
  const pair = strangers.get(algorithm)
  if (pair === undefined) throw new Error(`no key of ${algorithm}`)
  return pair
}

const signed =
  (command: Command, algorithm: KeyAlgorithm) =>
  (entityId: EntityId): Request => ({ command, entityId, key: strangerOf(algorithm).privateKey })

const SEND: Command<'SEND'> = { tag: 'SEND', notification: false, body }

/** The keys that a queue has are of each kind in turn: the credential's own, and others. */
const verifiedCases = (pools: ReadonlyMap<KeyAlgorithm, Pool>): readonly Case[] => {
  const parties: readonly (readonly [Command, (queue: KnownQueue) => EntityId])[] = [
    [{ tag: 'SUB' }, (queue) => queue.recipient],
    [SEND, (queue) => queue.sender],
    [{ tag: 'NSUB' }, (queue) => queue.notifier],
  ]
  return parties.flatMap(([command, idOf]) =>
    algorithms.flatMap((credential) =>
      [...pools].map(([kind, pool]): Case => {
        const existing = kind === credential ? `other ${kind} key` : `${kind} key`
        const request = signed(command, credential)
        return { command: command.tag, credential, existing, pool, idOf, request }
      }),
    ),
  )
}

/** The key is in the command, and the queue is secured with another one. */
const securingCases = (pool: Pool): readonly Case[] =>
  algorithms.flatMap((credential) => {
    const { publicKey: senderKey } = strangerOf(credential)
    const existing = 'secured already'
    return [
      {
        command: 'SKEY',
        credential,
        existing,
        pool,
        idOf: (queue: KnownQueue) => queue.sender,
        request: signed({ tag: 'SKEY', senderKey }, credential),
      },
      {
        command: 'LKEY',
        credential,
        existing,
        pool,
        idOf: (queue: KnownQueue) => queue.link,
        request: signed({ tag: 'LKEY', senderKey }, credential),
      },
    ]
  })

const unsigned = (command: Command, existing: string, pool: Pool): Case => ({
  command: command.tag,
  credential: 'none',
  existing,
  pool,
  idOf: (queue) => (command.tag === 'LGET' ? queue.link : queue.sender),
  request: (entityId) => ({ command, entityId }),
})

const allCases = async (relay: RelayUnderTest): Promise<readonly Case[]> => {
  await using connection = await relay.connect({ eventBuffer: 100_000 })
  const pools = new Map<KeyAlgorithm, Pool>()
  for (const algorithm of algorithms)
    pools.set(algorithm, await createSecured(connection, algorithm, POOL))
  const unsecured = await createUnsecured(connection, POOL)
  const suspended = await createSuspended(connection, POOL)
  const shared = await createShared(connection, 3, POOL)
  const secured = pools.get('Ed25519') ?? []
  return [
    {
      command: 'SUB',
      credential: 'Ed25519',
      existing: '(control: missing too)',
      pool: [],
      idOf: () => '',
      request: signed({ tag: 'SUB' }, 'Ed25519'),
    },
    ...verifiedCases(pools),
    ...securingCases(secured),
    ...algorithms.map(
      (credential): Case => ({
        command: 'SEND',
        credential,
        existing: 'not secured',
        pool: unsecured,
        idOf: (queue) => queue.sender,
        request: signed(SEND, credential),
      }),
    ),
    unsigned(SEND, 'secured', secured),
    unsigned(SEND, 'suspended, not secured', suspended),
    unsigned({ tag: 'LGET' }, 'of a messaging queue', secured),
    {
      command: 'SUB',
      credential: 'Ed25519',
      existing: '3 other Ed25519 keys',
      pool: shared,
      idOf: (queue) => queue.recipient,
      request: signed({ tag: 'SUB' }, 'Ed25519'),
    },
  ]
}

const missingId = (): EntityId => entityIdOf(crypto.randomBytes(ID_BYTES))

const existingId = ({ pool, idOf }: Case): EntityId => {
  const queue = pool[Math.floor(Math.random() * pool.length)]
  return queue === undefined ? missingId() : idOf(queue)
}

const checkRefused = (session: RawSession, answer: Uint8Array, count: number): void => {
  const replies = session.open(answer)
  const refused = replies.filter((reply) => reply.tag === 'ERR' && reply.error.code === 'AUTH')
  if (refused.length !== count)
    throw new Error(`${count} commands, ${refused.length} ERR AUTH: ${JSON.stringify(replies[0])}`)
}

/** Microseconds from the sealed block written to the answer's block read. */
const timeOf = async (
  session: RawSession,
  ids: readonly EntityId[],
  request: Case['request'],
): Promise<number> => {
  const block = session.seal(ids.map(request))
  const start = performance.now()
  session.send(block)
  const answer = await session.receive()
  const microseconds = (performance.now() - start) * 1000
  checkRefused(session, answer, ids.length)
  return microseconds
}

const ratioOf = (missing: readonly number[], existing: readonly number[]): number =>
  median(existing) / median(missing)

const comparisonOf = (missing: readonly number[], existing: readonly number[]): Comparison => {
  const length = Math.ceil(missing.length / SEGMENTS)
  const ratios = Array.from({ length: SEGMENTS }, (_, i) => {
    const part = (list: readonly number[]) => list.slice(i * length, (i + 1) * length)
    return ratioOf(part(missing), part(existing))
  })
  return {
    missing: median(missing),
    existing: median(existing),
    ratio: ratioOf(missing, existing),
    low: Math.min(...ratios),
    high: Math.max(...ratios),
  }
}

const compare = async (
  session: RawSession,
  one: Case,
  shape: { readonly commands: number; readonly samples: number },
): Promise<Comparison> => {
  const missing: number[] = []
  const existing: number[] = []
  const sample = async (list: number[], id: () => EntityId): Promise<void> => {
    const ids = Array.from({ length: shape.commands }, id)
    list.push(await timeOf(session, ids, one.request))
  }
  for (let i = 0; i < shape.samples; i++) {
    // in an order of no use to whatever warms up
    const missingFirst = Math.random() < 0.5
    if (missingFirst) await sample(missing, missingId)
    await sample(existing, () => existingId(one))
    if (!missingFirst) await sample(missing, missingId)
  }
  return comparisonOf(missing, existing)
}

const cells = ({ missing, existing, ratio, low, high }: Comparison) => [
  missing,
  existing,
  ratio.toFixed(3),
  `${low.toFixed(2)} to ${high.toFixed(2)}`,
]

const resultsText = (results: readonly CaseResult[]): string =>
  tableText(
    [
      'command',
      'credential',
      'existing queue',
      'one: missing, us',
      'existing, us',
      'ratio',
      'parts',
      `${COMMANDS_IN_BLOCK}: missing, us`,
      'existing, us',
      'ratio',
      'parts',
    ],
    results.map(({ command, credential, existing, single, block }) => [
      command,
      credential,
      existing,
      ...cells(single),
      ...cells(block),
    ]),
  )

const usage = `Usage: npm run bench:auth -- [options]

Ratios of the median times of ERR AUTH for existing and for missing queues, per command and kind of
credential: with one command in a block, and with ${COMMANDS_IN_BLOCK}, where differences add up.

  --json          prints one JSON object instead of a table
  --samples N     pairs of single commands for each case (default 600); a sixth as many blocks
  --help          prints this
`

const run = async (samples: number, isJson: boolean): Promise<void> => {
  await using relay = await RelayUnderTest.start()
  const cases = await allCases(relay)
  const session = await RawSession.open(relay.address)
  const results: CaseResult[] = []
  const shapes = {
    single: { commands: 1, samples },
    block: { commands: COMMANDS_IN_BLOCK, samples: Math.ceil(samples / 6) },
  }
  // a first pass warms up every path
  for (const one of cases) await compare(session, one, { commands: 8, samples: 20 })
  for (const one of cases) {
    const { command, credential, existing } = one
    const single = await compare(session, one, shapes.single)
    const block = await compare(session, one, shapes.block)
    results.push({ command, credential, existing, single, block })
    if (!isJson) process.stderr.write('.')
  }
  session.close()
  if (!isJson) process.stderr.write('\n')
  const machine = thisMachine()
  if (isJson) console.log(JSON.stringify({ machine, samples, results }, undefined, 2))
  else {
    const ratios = results.map(({ block }) => block.ratio)
    const range = `${figure(Math.min(...ratios))} to ${figure(Math.max(...ratios))}`
    console.log(`\n${machineLine(machine)}\n\n${resultsText(results)}\n\nblock ratios: ${range}`)
  }
}

const program = { name: 'bench:auth', usage }
const { values: options } = readOptions(program, {
  options: {
    json: { type: 'boolean', default: false },
    samples: { type: 'string', default: '600' },
  },
})
const samples = Number(options.samples)
if (!Number.isInteger(samples) || samples < SEGMENTS * 6)
  fail(program, `--samples is a whole number from ${SEGMENTS * 6} on`)
await run(samples, options.json)
