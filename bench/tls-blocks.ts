/** TLS alone, block by block: the part of a message's cost that is OpenSSL, Node and the kernel. */
import { connectTls } from '../src/client/tls-transport.ts'
import type { ClientTransport } from '../src/client/transport.ts'
import { BLOCK_BYTES } from '../src/protocol/block.ts'
import { Started } from './processes/calls.ts'
import type { EchoMethods } from './processes/echo-process.ts'
import { median } from './statistics.ts'

/** Microseconds of the server's CPU for a block of 16,384 bytes. */
export interface TlsCosts {
  readonly in: number
  readonly out: number
}

const CONNECTIONS = 16
const IN_FLIGHT = 4
/** When blocks are counted in: one answer for so many. */
const SWALLOWED = 16
const ROUNDS = 5

const block = new Uint8Array(BLOCK_BYTES)

/** Sends blocks, `credit` for each answer, until the time is over; returns the number sent. */
const drive = async (
  { blocks, send }: { blocks: AsyncIterator<unknown>; send: () => void },
  inFlight: number,
  credit: number,
  end: number,
): Promise<number> => {
  let sent = 0
  const push = (count: number): void => {
    for (let i = 0; i < count; i++) send()
    sent += count
  }
  push(inFlight)
  for (let answered = 0; answered < sent; answered += credit) {
    await blocks.next()
    if (performance.now() < end) push(credit)
  }
  return sent
}

export const measureTls = async (roundMs: number): Promise<TlsCosts> => {
  await using echo = new Started<EchoMethods>('echo-process.ts')
  const port = await echo.call('start')
  const transports = await Promise.all(
    Array.from(
      { length: CONNECTIONS },
      (): Promise<ClientTransport> => connectTls({ host: '127.0.0.1', port, alpn: 'smp/1' }),
    ),
  )
  const lanes = transports.map((transport) => ({
    blocks: transport.blocks[Symbol.asyncIterator](),
    send: () => transport.send(block),
  }))
  const round = async (blocksPerAnswer: number): Promise<number> => {
    await echo.call('answerEvery', blocksPerAnswer)
    const before = await echo.call('cpu')
    const end = performance.now() + roundMs
    const inFlight = Math.max(IN_FLIGHT, blocksPerAnswer)
    const counts = await Promise.all(
      lanes.map((lane) => drive(lane, inFlight, blocksPerAnswer, end)),
    )
    const after = await echo.call('cpu')
    const sent = counts.reduce((sum, count) => sum + count, 0)
    return (after.user + after.system - before.user - before.system) / sent
  }
  await round(1)
  await round(SWALLOWED)
  const both: number[] = []
  const mostlyIn: number[] = []
  for (let i = 0; i < ROUNDS; i++) {
    both.push(await round(1))
    mostlyIn.push(await round(SWALLOWED))
  }
  for (const transport of transports) transport.close()
  const out = (median(both) - median(mostlyIn)) / (1 - 1 / SWALLOWED)
  return { in: median(both) - out, out }
}
