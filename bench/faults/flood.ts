/** What a client that does not read asks for: more than the network and the relay hold for it. */
import { setImmediate } from 'node:timers/promises'
import type { Reply, Request } from '../../src/client/index.ts'
import { errorText } from '../../src/client/index.ts'
import type { Queue } from '../../test/support/load.ts'
import type { History } from './history.ts'
import type { Line } from './line.ts'
import { nameOf } from './opened.ts'

/** One in so many is a GET, whose answers must keep their order; the others are PINGs. */
const GET_EVERY = 16
/** Between them others have their turn. */
const AT_ONCE = 32

const wordOf = (archive: Queue, reply: Reply): string => {
  if (reply.tag === 'MSG') return nameOf(archive, reply)
  return reply.tag === 'ERR' ? errorText(reply.error) : reply.tag
}

export interface FloodOptions {
  readonly history: History
  /** A queue with one large message, which every GET gives. */
  readonly archive: Queue
  readonly commands: number
}

/** Each in a block of its own, and so is its answer. Resolves when no answer is to come any more. */
export const flood = async (line: Line, options: FloodOptions): Promise<void> => {
  const { history, archive, commands } = options
  const { recipientId: entityId, key } = archive.recipient
  const ping: Request = { command: { tag: 'PING' } }
  const get: Request = { command: { tag: 'GET' }, entityId, key }

  const ask = async (request: Request): Promise<void> => {
    const { tag } = request.command
    const command = history.nextCommand()
    const queue = tag === 'GET' ? archive.number : -1
    history.add({ type: 'ask', command, connection: line.number, asked: tag, queue })
    const reply = await line.ask(queue, request)
    if (reply === undefined) history.add({ type: 'answer-lost', command })
    else history.add({ type: 'answer', command, answer: wordOf(archive, reply) })
  }

  const asking: Promise<void>[] = []
  for (let index = 0; index < commands; index += 1) {
    asking.push(ask(index % GET_EVERY === 0 ? get : ping))
    if (index % AT_ONCE === AT_ONCE - 1) await setImmediate()
  }
  await Promise.all(asking)
}
