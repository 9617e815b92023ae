/** Pings and pongs of a WebSocket: proxies in between forget connections that are silent. */
import type { WebSocket } from 'ws'

const PING_MS = 30_000
/** Pongs are not queued behind more than this: a peer that does not read needs none. */
const MAX_BUFFERED_BYTES = 65_536

/** Answers pings, and ends a connection whose peer has not answered for a whole interval. */
export const keepAlive = (webSocket: WebSocket, pingMs = PING_MS): void => {
  let isAnswered = true
  webSocket.on('pong', () => {
    isAnswered = true
  })
  webSocket.on('ping', (content) => {
    if (webSocket.bufferedAmount < MAX_BUFFERED_BYTES)
      webSocket.pong(content, false, () => undefined)
  })
  const timer = setInterval(() => {
    // what is not read, here or there, says nothing about the peer's life
    if (webSocket.isPaused || webSocket.bufferedAmount > 0) {
      isAnswered = true
      return
    }
    if (!isAnswered) return webSocket.terminate()
    isAnswered = false
    webSocket.ping(undefined, false, () => undefined)
  }, pingMs)
  timer.unref()
  webSocket.on('close', () => clearInterval(timer))
}
