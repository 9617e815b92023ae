/** Arbitrary handshake messages and transmissions of a version. */
import fc from 'fast-check'
import { noBytes } from '../../../src/protocol/bytes.ts'
import type {
  ChainAndKey,
  ClientHello,
  ServerHello,
  ServiceResponse,
} from '../../../src/protocol/handshake.ts'
import { encodeTail, type Transmission } from '../../../src/protocol/transmission.ts'
import type { Version } from '../../../src/protocol/version.ts'
import { transportCode } from './replies.ts'
import {
  anyId,
  bytes,
  dhKey,
  largeBytes,
  nonEmpty,
  object,
  partly,
  shortBytes,
  versionRange,
} from './values.ts'

const chainAndKey: fc.Arbitrary<ChainAndKey> = object({
  chain: nonEmpty(largeBytes, 5),
  signedKey: largeBytes,
})

export const serverHello: fc.Arbitrary<ServerHello> = versionRange.chain((versions) =>
  object<ServerHello>({
    versions: fc.constant(versions),
    sessionId: shortBytes,
    ...(versions.max >= 7 && { authentication: chainAndKey }),
  } as never),
)

const role = fc.constantFrom('messaging' as const, 'notifier' as const, 'proxy' as const)
const service = fc
  .tuple(role, chainAndKey)
  .map(([name, parts]) => ({ role: name, ...parts }) as const)

export const clientHello = (version: Version): fc.Arbitrary<ClientHello> =>
  partly(
    {
      version: fc.constant(version),
      keyHash: shortBytes,
      proxyServer: version >= 14 ? fc.boolean() : fc.constant(false),
    },
    {
      ...(version >= 7 && { sessionKey: dhKey }),
      ...(version >= 16 && { service }),
    },
  ) as fc.Arbitrary<ClientHello>

export const serviceResponse: fc.Arbitrary<ServiceResponse> = fc.oneof(
  object({ serviceId: anyId }),
  object({ error: transportCode }),
)

interface Parts {
  readonly authorization: Uint8Array
  readonly serviceSignature?: Uint8Array
  readonly correlationId: Uint8Array
  readonly entityId: string
  readonly command: Uint8Array
  readonly sessionId: Uint8Array
}

/** Any authorization, also of a length that no algorithm has. */
export const transmission = (version: Version): fc.Arbitrary<Transmission> =>
  (
    partly(
      {
        authorization: fc.oneof(fc.constant(noBytes), bytes(64, 64), bytes(255)),
        correlationId: shortBytes,
        entityId: anyId,
        command: largeBytes,
        sessionId: version === 6 ? shortBytes : fc.constant(noBytes),
      },
      { serviceSignature: bytes(64, 64) },
    ) as fc.Arbitrary<Parts>
  ).map(({ serviceSignature, ...parts }) => ({
    ...parts,
    ...(version >= 16 &&
      parts.authorization.length > 0 &&
      serviceSignature && { serviceSignature }),
    tail: encodeTail(parts, parts.command),
  }))
