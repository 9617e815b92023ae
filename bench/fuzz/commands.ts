/** The grammar of commands: every command with its fields in every shape, right and nearly right. */
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import { senderIdOfCorrelation } from '../../src/crypto/short-link.ts'
import { type Bytes, concatBytes, latin1Bytes } from '../../src/protocol/bytes.ts'
import type { Command, QueueRequest, RelayServer, Tag } from '../../src/protocol/command.ts'
import { encodeCommand } from '../../src/protocol/command-encoder.ts'
import {
  type EntityId,
  type LinkId,
  type MessageId,
  type SenderId,
  senderIdOf,
} from '../../src/protocol/ids.ts'
import type { AuthKey } from '../../src/protocol/keys.ts'
import { maxBodyBytes, type Version } from '../../src/protocol/version.ts'
import type { Choices } from './choices.ts'
import { mutated } from './mutate.ts'
import {
  type KnownQueue,
  type RingKey,
  someDhKey,
  someKey,
  strangeId,
  type World,
} from './world.ts'

/** A command with what it takes to authorise it. */
export interface Meant {
  readonly command: Command
  readonly entityId: EntityId
  /** Of the party that the command belongs to; undefined: it is to have no authorization. */
  readonly key?: RingKey | undefined
}

/** Where PRXY and the like lead to. */
export interface Surroundings {
  readonly version: Version
  readonly world: World
  /** Relays that may be asked for, this one among them. */
  readonly servers: readonly RelayServer[]
  /** The content of RFWD and PFWD, made for this session. */
  forwarded(choices: Choices, correlationId: Bytes): Bytes
  pfwd(choices: Choices, correlationId: Bytes): Command<'PFWD'>
}

type Make = (choices: Choices, at: Surroundings, correlationId: Bytes) => Meant

const authKey = (key: RingKey): AuthKey => key.publicKey as AuthKey

/** A queue with link data has the sender id that follows from its request. */
const senderIdFor = (choices: Choices, correlationId: Bytes): SenderId =>
  choices.percent(10)
    ? (strangeId(choices) as SenderId)
    : senderIdOf(senderIdOfCorrelation(crypto, correlationId))

const largeLengths = [0, 1, 60, 255, 256, 4000, 8191, 8192, 15_000, 16_000] as const

const content = (choices: Choices) => ({
  fixed: choices.bytes(choices.percent(80) ? choices.below(80) : choices.of(0, ...largeLengths)),
  user: choices.bytes(choices.percent(80) ? choices.below(80) : choices.of(0, ...largeLengths)),
})

const request = (choices: Choices, correlationId: Bytes): QueueRequest | undefined => {
  const kind = choices.below(6)
  if (kind === 0) return undefined
  if (kind < 3) return { mode: choices.of('messaging', 'contact') }
  const senderId = senderIdFor(choices, correlationId)
  if (kind < 5) return { mode: 'messaging', link: { senderId, ...content(choices) } }
  return {
    mode: 'contact',
    link: { linkId: strangeId(choices) as LinkId, senderId, ...content(choices) },
  }
}

const NEW: Make = (choices, _, correlationId) => {
  const key = someKey(choices)
  const asked = request(choices, correlationId)
  return {
    key,
    entityId: choices.percent(95) ? '' : strangeId(choices),
    command: {
      tag: 'NEW',
      authKey: authKey(key),
      dhKey: someDhKey(choices),
      ...(choices.percent(5) && { password: choices.of('secret', '', '\xff') }),
      subscribe: choices.percent(60),
      ...(asked && { request: asked }),
      ...(choices.percent(30) && {
        notifier: { authKey: authKey(someKey(choices)), dhKey: someDhKey(choices) },
      }),
    },
  }
}

const noQueue = (choices: Choices): KnownQueue => ({
  recipientId: strangeId(choices),
  senderId: strangeId(choices),
  recipientKey: someKey(choices),
})

const queueOf = (choices: Choices, { world }: Surroundings): KnownQueue =>
  (choices.percent(85) ? world.some(choices) : undefined) ?? noQueue(choices)

const forRecipient =
  (make: (choices: Choices, queue: KnownQueue) => Command): Make =>
  (choices, at) => {
    const queue = queueOf(choices, at)
    const { recipientId: entityId, recipientKey: key } = queue
    return { command: make(choices, queue), entityId, key }
  }

const forSender =
  (make: (choices: Choices, key: RingKey) => Command): Make =>
  (choices, at) => {
    const { senderId: entityId, senderKey } = queueOf(choices, at)
    const key = senderKey ?? someKey(choices)
    return { command: make(choices, key), entityId, key }
  }

const bodyBytes = (choices: Choices, version: Version): number => {
  const most = maxBodyBytes(version)
  if (choices.percent(85)) return choices.below(300)
  return choices.of(0, 1, most - 1, most, most + 1, 16_300)
}

const SEND: Make = (choices, at) => {
  const { senderId: entityId, senderKey } = queueOf(choices, at)
  const body = choices.bytes(bodyBytes(choices, at.version))
  return {
    command: { tag: 'SEND', notification: choices.percent(50), body },
    entityId,
    key: senderKey,
  }
}

const MOST_KEYS = 255

/** The first of them stays the queue's: the end has to delete it. */
const RKEY: Make = forRecipient((choices, { recipientKey }) => {
  const count = choices.percent(80) ? choices.below(4) : choices.of(60, 127, MOST_KEYS - 1)
  const more = Array.from({ length: count }, () => authKey(someKey(choices)))
  return { tag: 'RKEY', recipientKeys: [authKey(recipientKey), ...more] }
})

const forNotifier =
  (tag: 'NSUB'): Make =>
  (choices, at) => {
    const { notifierId = strangeId(choices), notifierKey = someKey(choices) } = queueOf(choices, at)
    return { command: { tag }, entityId: notifierId, key: notifierKey }
  }

const bare =
  (tag: 'PING' | 'SUBS' | 'NSUBS'): Make =>
  () => ({ command: { tag }, entityId: '' })

const onLink =
  (make: (choices: Choices, key: RingKey) => Command): Make =>
  (choices, at) => {
    const { linkId = strangeId(choices), senderKey } = queueOf(choices, at)
    const key = senderKey ?? someKey(choices)
    return { command: make(choices, key), entityId: linkId, key }
  }

const hostTexts = ['localhost', '127.0.0.1', '::1', 'a.b', 'x.onion', '10.0.0.1', '', 'a,b', '.']

const server = (choices: Choices, { servers }: Surroundings): RelayServer => {
  const known = choices.from(servers)
  if (known !== undefined && choices.percent(80)) return known
  const host = (): string => choices.from(hostTexts) ?? ''
  const more = Array.from({ length: choices.below(3) }, host)
  return {
    hosts: [host(), ...more],
    port: choices.of('1', '0', '', '65536', '-1', '1x', '9'.repeat(255)),
    keyHash: choices.bytes(choices.of(32, 31, 0)),
  }
}

/** How often each, the commands that reach most of the relay first. */
const grammar: readonly (readonly [weight: number, tag: Tag, make: Make])[] = [
  [14, 'NEW', NEW],
  [8, 'SUB', forRecipient(() => ({ tag: 'SUB' }))],
  [3, 'KEY', forRecipient((choices) => ({ tag: 'KEY', senderKey: authKey(someKey(choices)) }))],
  [4, 'RKEY', RKEY],
  [
    5,
    'LSET',
    forRecipient((choices, { linkId }) => ({
      tag: 'LSET',
      linkId: (linkId ?? strangeId(choices)) as LinkId,
      ...content(choices),
    })),
  ],
  [2, 'LDEL', forRecipient(() => ({ tag: 'LDEL' }))],
  [
    5,
    'NKEY',
    forRecipient((choices) => ({
      tag: 'NKEY',
      authKey: authKey(someKey(choices)),
      dhKey: someDhKey(choices),
    })),
  ],
  [2, 'NDEL', forRecipient(() => ({ tag: 'NDEL' }))],
  [5, 'GET', forRecipient(() => ({ tag: 'GET' }))],
  [
    8,
    'ACK',
    forRecipient((choices, { messageId }) => ({
      tag: 'ACK',
      messageId: (choices.percent(70) ? (messageId ?? '') : strangeId(choices)) as MessageId,
    })),
  ],
  [2, 'OFF', forRecipient(() => ({ tag: 'OFF' }))],
  [2, 'DEL', forRecipient(() => ({ tag: 'DEL' }))],
  [3, 'QUE', forRecipient(() => ({ tag: 'QUE' }))],
  [5, 'SKEY', forSender((_, key) => ({ tag: 'SKEY', senderKey: authKey(key) }))],
  [14, 'SEND', SEND],
  [3, 'LKEY', onLink((_, key) => ({ tag: 'LKEY', senderKey: authKey(key) }))],
  [3, 'LGET', onLink(() => ({ tag: 'LGET' }))],
  [4, 'NSUB', forNotifier('NSUB')],
  [2, 'NSUBS', bare('NSUBS')],
  [1, 'SUBS', bare('SUBS')],
  [3, 'PING', bare('PING')],
  [
    2,
    'PRXY',
    (choices, at) => ({
      entityId: '',
      command: {
        tag: 'PRXY',
        server: server(choices, at),
        ...(choices.percent(10) && { password: 'secret' }),
      },
    }),
  ],
  [
    4,
    'PFWD',
    (choices, at, correlationId) => ({
      entityId: at.world.proxied?.sessionId ?? strangeId(choices),
      command: at.pfwd(choices, correlationId),
    }),
  ],
  [
    6,
    'RFWD',
    (choices, at, correlationId) => ({
      entityId: '',
      command: { tag: 'RFWD', transmission: at.forwarded(choices, correlationId) },
    }),
  ],
]

const weights = grammar.reduce((sum, [weight]) => sum + weight, 0)

const makerOf = (choices: Choices, only?: ReadonlySet<Tag>): Make => {
  const candidates = only === undefined ? grammar : grammar.filter(([, tag]) => only.has(tag))
  const all = only === undefined ? weights : candidates.reduce((sum, [weight]) => sum + weight, 0)
  let left = choices.below(all)
  for (const [weight, , make] of candidates) {
    left -= weight
    if (left < 0) return make
  }
  return NEW
}

/** @param only of these commands */
export const meantCommand = (
  choices: Choices,
  at: Surroundings,
  correlationId: Bytes,
  only?: ReadonlySet<Tag>,
): Meant => makerOf(choices, only)(choices, at, correlationId)

const words = ['OK', 'MSG', 'END', '', ' ', 'constructor', '__proto__', 'new', 'NEWS', 'PINGPONG']

/** Of no command, with what may follow. */
const nonsense = (choices: Choices): Bytes =>
  concatBytes(
    latin1Bytes(choices.from(words) ?? ''),
    latin1Bytes(choices.of(' ', '', '\n')),
    choices.bytes(choices.below(60)),
  )

/** At times in the form of another version, with changed bytes, or nothing of a command. */
export const commandBytes = (
  choices: Choices,
  { command }: Meant,
  version: Version,
  mutatedPercent: number,
): Bytes => {
  if (choices.percent(2)) return nonsense(choices)
  const form = choices.percent(4) ? choices.between(6, 18) : version
  const bytes = encodeCommand(command, form)
  return choices.percent(mutatedPercent) ? mutated(bytes, choices) : bytes
}
