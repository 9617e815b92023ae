import type { Duplex } from 'node:stream'

/** Resolves when what is queued has been taken by the network, or the connection is closed. */
export const drained = async (socket: Duplex): Promise<void> => {
  if (socket.destroyed || !socket.writableNeedDrain) return
  await new Promise<void>((resolve) => {
    const done = () => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.on('drain', done).on('close', done)
  })
}
