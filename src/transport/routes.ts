/** Who is there on a TLS port: an SMP client, or a browser. */
import type { Socket } from 'node:net'
import { ProtocolError } from '../protocol/bytes.ts'
import { type ClientHello, readClientHello } from './client-hello.ts'
import { readFirstBytes } from './first-bytes.ts'
import { SMP_ALPN } from './tls.ts'

export type Peer = 'smp' | 'web'

/** SMP clients name no server, as the reference asks of them; one that does still offers `smp/1`. */
const peerOf = ({ hasServerName, alpn }: ClientHello): Peer =>
  hasServerName && !alpn.includes(SMP_ALPN) ? 'web' : 'smp'

/** Looks at the ClientHello and takes nothing of it. */
export const tellPeers = (
  socket: Socket,
  timeoutMs: number,
  decided: (peer: Peer) => void,
): void => {
  readFirstBytes<Peer>(socket, {
    judge(bytes) {
      try {
        const hello = readClientHello(bytes)
        return hello && { used: 0, value: peerOf(hello) }
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
        // OpenSSL says what is wrong with it, as it does on a port without a web server
        return { used: 0, value: 'smp' }
      }
    },
    decided,
    timeoutMs,
  })
}
