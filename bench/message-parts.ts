/**
 * What the parts of one delivered message cost by themselves, with the relay's own code, in the
 * relay's process: the floor under it. Process CPU, so that others on the machine
 * do not count.
 */
import { makeAuthenticator, verifyAuthorization } from '../src/crypto/authenticator.ts'
import { sealMessage } from '../src/crypto/message-box.ts'
import { nativeCrypto as crypto } from '../src/crypto/native.ts'
import { RememberedSecrets } from '../src/crypto/remembered-secrets.ts'
import { SEALED_BYTES } from '../src/protocol/block.ts'
import { noBytes, utf8Bytes } from '../src/protocol/bytes.ts'
import { maxBodyBytes } from '../src/protocol/version.ts'
import { median } from './statistics.ts'

/** Microseconds of CPU each, once. */
export interface PartCosts {
  readonly blockBox: number
  readonly blockOpen: number
  readonly blockKey: number
  readonly authenticator: number
  /** The same where the connection remembers what the keys agree on. */
  readonly rememberedAuthenticator: number
  readonly signature: number
  readonly recipientEncryption: number
}

const BATCHES = 15
const WARM_UPS = 500
/** CPU accounting ticks in microseconds, scheduling does not: long enough for both. */
const BATCH_MICROSECONDS = 20_000

const cpuMicroseconds = (): number => {
  const { user, system } = process.cpuUsage()
  return user + system
}

const timed = (count: number, run: () => void): number => {
  const before = cpuMicroseconds()
  for (let i = 0; i < count; i++) run()
  return (cpuMicroseconds() - before) / count
}

const costOf = (run: () => void): number => {
  const once = timed(WARM_UPS, run)
  const count = Math.max(10, Math.ceil(BATCH_MICROSECONDS / Math.max(once, 0.1)))
  return median(Array.from({ length: BATCHES }, () => timed(count, run)))
}

/** The authorised bytes of SEND with the largest body: session, correlation, entity, command. */
const SEND_BYTES = 1 + 32 + 2 * 25 + 7 + maxBodyBytes(18)
/** Of ACK. */
const ACK_BYTES = 1 + 32 + 2 * 25 + 29

const blockKeyInfo = utf8Bytes('SimpleXSbChain')

const authenticatorCheck = (secrets?: RememberedSecrets): (() => void) => {
  const session = crypto.generateKeyPair('X25519')
  const queue = crypto.generateKeyPair('X25519')
  const authorized = crypto.randomBytes(SEND_BYTES)
  const correlationId = crypto.randomBytes(24)
  const authorization = makeAuthenticator(crypto, {
    authorized,
    queueKey: queue.privateKey,
    sessionKey: session.publicKey.raw,
    correlationId,
  })
  const sessionKey = session.privateKey
  const credential = { authorization, authorized, correlationId, sessionKey, secrets }
  return () => {
    if (!verifyAuthorization(crypto, credential, [queue.publicKey])) throw new Error('refused')
  }
}

const signatureCheck = (): (() => void) => {
  const { publicKey, privateKey } = crypto.generateKeyPair('Ed25519')
  const authorized = crypto.randomBytes(ACK_BYTES)
  const authorization = crypto.sign(privateKey, authorized)
  const correlationId = crypto.randomBytes(24)
  const credential = { authorization, authorized, correlationId, sessionKey: undefined }
  return () => {
    if (!verifyAuthorization(crypto, credential, [publicKey])) throw new Error('refused')
  }
}

export const measureParts = (): PartCosts => {
  const secret = crypto.randomBytes(32)
  const nonce = crypto.randomBytes(24)
  const padded = crypto.randomBytes(SEALED_BYTES)
  const sealed = crypto.box(secret, nonce, padded)
  const body = crypto.randomBytes(maxBodyBytes(18))
  const [boxed, opened] = [new Uint8Array(sealed.length), new Uint8Array(padded.length)]
  const blockBox = costOf(() => crypto.box(secret, nonce, padded, boxed))
  const blockOpen = costOf(() => crypto.openBox(secret, nonce, sealed, opened))
  return {
    blockBox,
    blockOpen,
    blockKey: costOf(() =>
      crypto.hkdfSha512({ salt: noBytes, ikm: secret, info: blockKeyInfo, length: 88 }),
    ),
    authenticator: costOf(authenticatorCheck()),
    rememberedAuthenticator: costOf(authenticatorCheck(new RememberedSecrets())),
    signature: costOf(signatureCheck()),
    recipientEncryption: costOf(() =>
      sealMessage(
        crypto,
        { secret, messageId: nonce },
        { tag: 'message', timestamp: 1, notification: true, body },
      ),
    ),
  }
}
