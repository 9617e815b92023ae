import type { Duplex } from 'node:stream'

/** For the peer's end of the connection, once it was sent everything. */
const LINGER_MS = 2_000

/**
 * Ends a connection and resolves when it is closed. It is read from until then: closing one that
 * has unread bytes resets it, and the peer may lose answers that were on their way.
 */
export const leave = (socket: Duplex): Promise<void> =>
  new Promise((resolve) => {
    if (socket.destroyed) return resolve()
    let timer: NodeJS.Timeout | undefined
    socket.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
    socket.resume()
    socket.end(() => {
      if (!socket.destroyed) timer = setTimeout(() => socket.destroy(), LINGER_MS)
    })
  })
