import { nativeCrypto } from '../../../src/crypto/native.ts'
import type { KeyAlgorithm, KeyPair } from '../../../src/crypto/provider.ts'
import type { VectorKey } from '../../support/vectors.ts'
import { fromHex } from '../../support/vectors.ts'

/** A key of the vectors, as the kind that it must be. */
export const keyPairOf = <A extends KeyAlgorithm>(key: VectorKey, algorithm: A): KeyPair<A> =>
  nativeCrypto.keyPairOf({ algorithm, raw: fromHex(key.private) })
