/** A client over TLS, from Node. */
import { nativeCrypto } from '../crypto/native.ts'
import { parseServerAddress } from '../protocol/address.ts'
import { withFirst } from './attempt.ts'
import { SmpClient } from './client.ts'
import type { ReconnectOptions } from './client-core.ts'
import { type ConnectOptions, connectSmp } from './connect.ts'

export interface OpenClientOptions
  extends Omit<ConnectOptions, 'onEvent' | 'eventBuffer'>,
    ReconnectOptions {}

/**
 * Connects to a relay and stays connected until `close()`.
 * @throws as `connectSmp`, for the first connection; `signal` concerns that one only
 */
export const openClient = async (options: OpenClientOptions): Promise<SmpClient> => {
  const { address, signal: firstSignal, ...rest } = options
  const server = typeof address === 'string' ? parseServerAddress(address) : address
  const crypto = options.crypto ?? nativeCrypto
  const signalOf = withFirst(firstSignal)
  return SmpClient.open({
    ...rest,
    server,
    crypto,
    open({ signal, onEvent }) {
      return connectSmp({ ...rest, address: server, crypto, signal: signalOf(signal), onEvent })
    },
  })
}
