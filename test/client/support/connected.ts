/** A client connection and the scripted server at its other end. */
import {
  type ConnectionOptions,
  openConnection,
  type SmpConnection,
} from '../../../src/client/connection.ts'
import { nativeCrypto as crypto } from '../../../src/crypto/native.ts'
import { verifyServerChain } from '../../../src/identity/chain.ts'
import type { VersionRange } from '../../../src/protocol/version.ts'
import { makeIdentity, type TestIdentity } from './identity.ts'
import { makeTransportPair, type TransportPair } from './memory-transport.ts'
import { ScriptedServer } from './scripted-server.ts'

export const identity = makeIdentity()

export const makeBoundPair = (server: TestIdentity = identity): TransportPair =>
  makeTransportPair({ sessionId: crypto.randomBytes(32), chain: server.chain })

export const connectionOptions = (options: Partial<ConnectionOptions> = {}): ConnectionOptions => ({
  keyHash: identity.keyHash,
  crypto,
  verifyChain: (chain, keyHash) => verifyServerChain(chain, keyHash, new Date()),
  ...options,
})

export const connect = async (
  options: Partial<ConnectionOptions> = {},
  offered?: VersionRange,
): Promise<{ readonly connection: SmpConnection; readonly server: ScriptedServer }> => {
  const pair = makeBoundPair()
  const [connection, server] = await Promise.all([
    openConnection(pair.client, connectionOptions(options)),
    ScriptedServer.accept(pair.server, { identity, ...(offered && { versions: offered }) }),
  ])
  return { connection, server }
}
