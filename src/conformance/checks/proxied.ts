/** A session with another server through the checked one, by the client library (SMP, 9). */
import { openConnection, type SmpConnection } from '../../client/connection.ts'
import { openProxySession, type ProxySession } from '../../client/proxy-session.ts'
import { nativeCrypto as crypto } from '../../crypto/native.ts'
import { dialTls, verifyChain } from '../dial.ts'
import { destinationOf } from '../relay.ts'
import type { Scene } from '../scene.ts'

/** A session with the destination, through the checked server. */
export const proxied = async (scene: Scene): Promise<ProxySession> => {
  const { server, timing, facts, limits } = scene
  const transport = await dialTls(server, undefined, limits)
  scene.defer(() => transport.close())
  scene.signal.addEventListener('abort', () => transport.close(), { once: true })
  const { keyHash } = server
  const connection: SmpConnection = await openConnection(transport, {
    keyHash,
    crypto,
    verifyChain,
    versions: facts.versions,
    responseMs: timing.proxyMs,
    onEvent: () => {},
  })
  const { password } = facts.told
  scene.transcript.said('proxied sender', 'PRXY')
  return openProxySession(connection, destinationOf(facts.told, server), {
    ...(password !== undefined && { password }),
  })
}
