/** Reads what comes first on a connection, and puts back what belongs to whoever takes it over. */
import type { Socket } from 'node:net'
import { type Bytes, concatBytes, noBytes, ProtocolError } from '../protocol/bytes.ts'

export interface Judgement<T> {
  /** Bytes that are not put back. */
  readonly used: number
  readonly value: T
}

export interface FirstBytes<T> {
  /** Undefined: wait for more. A ProtocolError ends the connection. */
  judge(bytes: Bytes): Judgement<T> | undefined
  /** Runs at once, so that nothing is read in between. Never after the connection has ended. */
  decided(value: T): void
  readonly timeoutMs: number
}

export const readFirstBytes = <T>(
  socket: Socket,
  { judge, decided, timeoutMs }: FirstBytes<T>,
): void => {
  let bytes: Bytes = noBytes
  const leave = (): void => {
    clearTimeout(deadline)
    socket.off('readable', onReadable).off('error', onEnd).off('end', onEnd).off('close', leave)
  }
  const onEnd = (): void => {
    leave()
    socket.destroy()
  }
  const onReadable = (): void => {
    const chunk: Buffer | null = socket.read()
    if (chunk === null) return
    bytes = concatBytes(bytes, chunk)
    const judgement = judged(judge, bytes)
    if (judgement === 'invalid') onEnd()
    if (judgement === undefined || judgement === 'invalid') return
    leave()
    const rest = bytes.subarray(judgement.used)
    if (rest.length > 0) socket.unshift(rest)
    decided(judgement.value)
  }
  const deadline = setTimeout(onEnd, timeoutMs)
  socket.on('readable', onReadable).on('error', onEnd).on('end', onEnd).on('close', leave)
}

const judged = <T>(
  judge: FirstBytes<T>['judge'],
  bytes: Bytes,
): Judgement<T> | undefined | 'invalid' => {
  try {
    return judge(bytes)
  } catch (error) {
    if (error instanceof ProtocolError) return 'invalid'
    throw error
  }
}
