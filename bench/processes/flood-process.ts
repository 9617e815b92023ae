/** Somebody else, at an address of its own, who takes from a relay as much as he can get. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import { parseServerAddress } from '../../src/protocol/address.ts'
import { maxBodyBytes } from '../../src/protocol/version.ts'
import { RawSession } from '../raw-session.ts'
import { answerCalls } from './calls.ts'

const LOCAL_ADDRESS = '127.0.0.2'
const CONNECTORS = 16
const SENDERS = 4
const BLOCKS_UNDER_WAY = 8
/** After a refusal: what ends at once would keep this process busy, and not the relay. */
const REFUSED_MS = 1

export interface FloodCounts {
  /** Connections, or SENDs. */
  readonly asked: number
  readonly given: number
}

let isOver = false
let [asked, given] = [0, 0]
let running: readonly Promise<void>[] = []

const dial = async (address: string): Promise<Socket> => {
  const { hosts, port = 0 } = parseServerAddress(address)
  const socket = connect({ host: hosts[0], port, localAddress: LOCAL_ADDRESS, noDelay: true })
  await once(socket, 'connect')
  return socket
}

/** TLS, hellos, closed; again. */
const connectAgain = async (address: string): Promise<void> => {
  while (!isOver) {
    asked += 1
    try {
      const session = await RawSession.open(address, await dial(address))
      given += 1
      session.close()
    } catch {
      await delay(REFUSED_MS)
    }
  }
}

const send = async (address: string): Promise<void> => {
  const session = await RawSession.open(address, await dial(address))
  const { publicKey: authKey, privateKey } = crypto.generateKeyPair('Ed25519')
  const { publicKey: dhKey } = crypto.generateKeyPair('X25519')
  const command = { tag: 'NEW', authKey, dhKey, subscribe: false } as const
  session.send(session.seal([{ command, key: privateKey }]))
  const [ids] = session.open(await session.receive())
  if (ids?.tag !== 'IDS') throw new Error('no queue')
  const body = crypto.randomBytes(maxBodyBytes(18))
  const sendOne = (): void => {
    asked += 1
    const request = { command: { tag: 'SEND', notification: false, body } as const }
    session.send(session.seal([{ ...request, entityId: ids.senderId }]))
  }
  for (let i = 0; i < BLOCKS_UNDER_WAY; i++) sendOne()
  while (!isOver) {
    for (const reply of session.open(await session.receive())) if (reply.tag === 'OK') given += 1
    sendOne()
  }
  session.close()
}

const start = (count: number, run: () => Promise<void>): void => {
  isOver = false
  asked = 0
  given = 0
  running = Array.from({ length: count }, run)
}

const methods = {
  connections: (address: string) => start(CONNECTORS, () => connectAgain(address)),
  sends: (address: string) => start(SENDERS, () => send(address)),
  counts: (): FloodCounts => ({ asked, given }),
  async stop() {
    isOver = true
    await Promise.allSettled(running)
  },
}

export type FloodMethods = typeof methods

answerCalls(methods)
