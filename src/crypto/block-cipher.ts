/** Block encryption of SMP v11 and later: a key and a nonce of its own for every block of a direction. */
import { type Bytes, noBytes, utf8Bytes } from '../protocol/bytes.ts'
import type { CryptoProvider } from './provider.ts'
import { TAG_BYTES } from './sizes.ts'

const initInfo = utf8Bytes('SimpleXSbChainInit')
const stepInfo = utf8Bytes('SimpleXSbChain')
const CHAIN_KEY_BYTES = 32
const STEP_BYTES = 88 // next chain key 32, key 32, nonce 24

export interface BlockCipher {
  /** The wire block of a padded one, 16 bytes longer; in `target` where that is given. */
  seal(paddedBlock: Bytes, target?: Bytes): Bytes
  /**
   * The padded block, in the memory of the block itself; undefined when it was damaged. The chain
   * advances all the same.
   */
  open(block: Bytes): Bytes | undefined
}

interface BlockKey {
  readonly key: Bytes
  readonly nonce: Bytes
}

const createChain = (crypto: CryptoProvider, initialKey: Bytes): (() => BlockKey) => {
  let chainKey = initialKey
  return () => {
    const step = crypto.hkdfSha512({
      salt: noBytes,
      ikm: chainKey,
      info: stepInfo,
      length: STEP_BYTES,
    })
    chainKey = step.subarray(0, CHAIN_KEY_BYTES)
    return { key: step.subarray(CHAIN_KEY_BYTES, 64), nonce: step.subarray(64) }
  }
}

export const createBlockCipher = (
  crypto: CryptoProvider,
  session: {
    readonly sessionId: Bytes
    /** X25519 of the keys in the two hellos. */
    readonly secret: Bytes
    readonly side: 'server' | 'client'
  },
): BlockCipher => {
  const keys = crypto.hkdfSha512({
    salt: session.sessionId,
    ikm: session.secret,
    info: initInfo,
    length: 2 * CHAIN_KEY_BYTES,
  })
  const fromServer = createChain(crypto, keys.subarray(0, CHAIN_KEY_BYTES))
  const fromClient = createChain(crypto, keys.subarray(CHAIN_KEY_BYTES))
  const [nextSent, nextReceived] =
    session.side === 'server' ? [fromServer, fromClient] : [fromClient, fromServer]
  return {
    seal(paddedBlock, target) {
      const { key, nonce } = nextSent()
      return crypto.box(key, nonce, paddedBlock, target)
    },
    open(block) {
      const { key, nonce } = nextReceived()
      return crypto.openBox(key, nonce, block, block.subarray(TAG_BYTES))
    },
  }
}
