/** The refusals that are compared: by command, kind of credential, and what exists where they go. */
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
import type { RawSession } from './raw-session.ts'
import type { RelayUnderTest } from './relay-under-test.ts'

export interface Case {
  readonly command: string
  readonly credential: KeyAlgorithm | 'none'
  readonly existing: string
  readonly pool: Pool
  readonly idOf: (queue: KnownQueue) => EntityId
  readonly request: (entityId: EntityId) => Request
  /** Missing ids that are used again and again; absent: each once. */
  readonly missing?: readonly EntityId[]
  /** What the session does before. */
  readonly prepare?: (session: RawSession) => Promise<void>
}

const POOL = 512
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

export const missingId = (): EntityId => entityIdOf(crypto.randomBytes(ID_BYTES))

/** As many as a connection remembers the secrets of, and some to spare. */
const REPEATED = 32

const authenticatedSend = { command: SEND.tag, credential: 'X25519' } as const

/** The same ids again and again, which an authenticator may have been accepted for. */
const repeatedCases = (secured: Pool): readonly Case[] => {
  const repeated = {
    ...authenticatedSend,
    idOf: (queue: KnownQueue) => queue.sender,
    request: signed(SEND, 'X25519'),
    missing: Array.from({ length: REPEATED }, missingId),
  }
  const right = secured.slice(REPEATED, 2 * REPEATED)
  return [
    { ...repeated, pool: secured.slice(0, REPEATED), existing: 'the same ids, other X25519 key' },
    {
      ...repeated,
      pool: right,
      existing: 'the same, the right one accepted before',
      prepare: async (session) => {
        for (const { sender: entityId, senderKey: key } of right) {
          session.send(session.seal([{ command: SEND, entityId, ...(key && { key }) }]))
          const [reply] = session.open(await session.receive())
          if (reply?.tag !== 'OK') throw new Error(`not sent: ${JSON.stringify(reply)}`)
        }
      },
    },
  ]
}

export const allCases = async (relay: RelayUnderTest): Promise<readonly Case[]> => {
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
    ...repeatedCases(pools.get('X25519') ?? []),
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
