/** Targets: sessions with all that clients say in them, and the hellos before. */
import { type ChainVerifier, shakeHands } from '../../src/client/handshake.ts'
import type { ServiceCredentials } from '../../src/client/service.ts'
import type { ClientTransport } from '../../src/client/transport.ts'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import { verifyServerChain } from '../../src/identity/chain.ts'
import { type Bytes, equalBytes } from '../../src/protocol/bytes.ts'
import type { RelayServer } from '../../src/protocol/command.ts'
import type { ServiceRole } from '../../src/protocol/handshake.ts'
import type { PublicKey } from '../../src/protocol/keys.ts'
import { makeIdentity, type TestIdentity } from '../../test/client/support/identity.ts'
import type { Choices } from './choices.ts'
import { Conversation } from './conversation.ts'
import type { Target } from './target.ts'

/** What a client shows and offers below SMP. */
export interface Dialed {
  readonly alpn: string | false
  readonly identity?: TestIdentity
}

export interface Reached {
  readonly keyHash: Bytes
  readonly servers: readonly RelayServer[]
  /** For an answer; default: 20 s. */
  readonly answerMs?: number
  /** What a client of this way may be like. */
  offer(choices: Choices): Offer
  dial(dialed: Dialed, choices: Choices): Promise<ClientTransport>
}

let verified: { readonly leaf: Bytes; readonly leafKey: PublicKey } | undefined

/** The relay's chain stays the same: it is verified once. */
export const verifyChain: ChainVerifier = (chain, keyHash) => {
  const [leaf] = chain
  if (leaf !== undefined && verified !== undefined && equalBytes(leaf, verified.leaf))
    return verified
  const { leafKey } = verifyServerChain(chain, keyHash, new Date())
  if (leaf !== undefined) verified = { leaf, leafKey }
  return { leafKey }
}

const roles = ['messaging', 'notifier', 'proxy'] as const
const services: ReadonlyMap<ServiceRole, TestIdentity> = new Map(
  roles.map((role) => [role, makeIdentity(role === 'proxy' ? 'Ed448' : 'Ed25519')]),
)

export interface Offer {
  readonly version: number
  readonly dialed: Dialed
  readonly sendSessionKey: boolean
  readonly proxyServer: boolean
  readonly service?: ServiceCredentials
}

/** Every version, with and without key, as proxy and as service. */
export const someOffer = (choices: Choices): Offer => {
  const version = choices.percent(40) ? 18 : choices.between(6, 18)
  // from v14 on the hello says so; before v11 there is nothing that it changes
  const mayBeProxy = version >= 14 || version < 11
  const role = version >= 16 && choices.percent(12) ? choices.of(...roles) : undefined
  const identity = role && services.get(role)
  const alpn = version === 6 && choices.percent(50) ? false : choices.of('smp/1', 'http/1.1', 'h2')
  return {
    version,
    dialed: { alpn, ...(identity && { identity }) },
    sendSessionKey: choices.percent(92),
    proxyServer: mayBeProxy && role === undefined && choices.percent(20),
    ...(role &&
      identity && { service: { role, chain: identity.chain, leafKey: identity.leafKey } }),
  }
}

const mostBlocks = 10
const mostTransmissions = 48

const converse = async (choices: Choices, reached: Reached): Promise<number> => {
  const { version, dialed, ...options } = reached.offer(choices)
  const transport = await reached.dial(dialed, choices)
  const { keyHash, servers, answerMs } = reached
  try {
    const session = await shakeHands(transport, {
      ...options,
      ...{ keyHash, crypto, verifyChain },
      versions: { min: version, max: version },
    })
    const conversation = new Conversation({ transport, session, servers, answerMs })
    for (let count = choices.between(2, mostBlocks); count > 0; count--) {
      conversation.say(choices, choices.between(1, mostTransmissions))
      if (choices.percent(75)) await conversation.settle()
    }
    await conversation.finish()
    return conversation.answered
  } finally {
    transport.close()
  }
}

/** Each transmission that is answered is a case, and each block that cannot be read. */
export const sessionTarget = (name: string, reached: Reached): Target => ({
  name,
  run: (choices) => converse(choices, reached),
})
