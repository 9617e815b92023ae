/** The other core at work, as it is while the load generator saturates the relay. */
import { nativeCrypto as crypto } from '../src/crypto/native.ts'
import { SEALED_BYTES } from '../src/protocol/block.ts'

const PORTION = 50

/** Seals blocks in this process, as the generator does, until another one's work is done. */
export const busily = async <T>(work: Promise<T>): Promise<T> => {
  let isDone = false
  const settled = work.finally(() => {
    isDone = true
  })
  const [secret, nonce] = [crypto.randomBytes(32), crypto.randomBytes(24)]
  const block = crypto.randomBytes(SEALED_BYTES)
  while (!isDone) {
    for (let i = 0; i < PORTION; i++) crypto.box(secret, nonce, block)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return settled
}
