/**
 * Target: what reads bytes, without a relay around it. A value or a `ProtocolError` and nothing else;
 * the same as another reader finds there; and a value that is written is read as it was.
 */
import { isDeepStrictEqual } from 'node:util'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import { decodeBlock } from '../../src/protocol/block.ts'
import { type Bytes, latin1Text, ProtocolError } from '../../src/protocol/bytes.ts'
import { decodeCommand } from '../../src/protocol/command-decoder.ts'
import { encodeCommand } from '../../src/protocol/command-encoder.ts'
import { decodeClientHello, encodeClientHello } from '../../src/protocol/handshake.ts'
import { decodeTransmission } from '../../src/protocol/transmission.ts'
import type { Version } from '../../src/protocol/version.ts'
import { readClientHello } from '../../src/transport/client-hello.ts'
import { readProxyHeader } from '../../src/transport/proxy-header.ts'
import { contentOf, paddedBlock, transmissionsIn } from './blocks.ts'
import type { Choices } from './choices.ts'
import type { Surroundings } from './commands.ts'
import { Finding } from './finding.ts'
import { fieldsOf } from './ledger.ts'
import { mutated } from './mutate.ts'
import { proxyHeader } from './proxy-headers.ts'
import type { Target } from './target.ts'
import { tlsHello } from './tls.ts'
import { madeTransmission } from './transmissions.ts'
import { someDhKey, World } from './world.ts'

const CASES = 40
const sessionId = crypto.randomBytes(32)
const { raw: serverKey } = crypto.generateKeyPair('X25519').publicKey
const world = new World()

/** Undefined for a ProtocolError; anything else is thrown. */
const read = <T>(what: string, decode: () => T): T | undefined => {
  try {
    return decode()
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw new Finding(`${what}: ${error}`)
  }
}

const agree = (what: string, one: unknown, other: unknown): void => {
  if (!isDeepStrictEqual(one, other)) throw new Finding(`${what} is read in two ways`)
}

const readCommand = (bytes: Bytes, version: Version): void => {
  const command = read('a command', () => decodeCommand(bytes, version))
  if (command === undefined) return
  const again = decodeCommand(encodeCommand(command, version), version)
  agree(`${command.tag} of v${version}`, again, command)
}

const readTransmission = (bytes: Bytes, version: Version): void => {
  const transmission = read('a transmission', () => decodeTransmission(bytes, version))
  const fields = fieldsOf(bytes, version)
  const ids = transmission && [latin1Text(transmission.correlationId), transmission.entityId]
  agree('a transmission', ids, fields && [fields.correlationId, fields.entityId])
  if (transmission !== undefined) readCommand(transmission.command, version)
}

const surroundings = (version: Version): Surroundings => ({
  version,
  world,
  servers: [],
  forwarded: (choices) => choices.bytes(choices.below(200)),
  pfwd: (choices) => ({
    tag: 'PFWD',
    version,
    key: someDhKey(choices),
    transmission: choices.bytes(choices.below(200)),
  }),
})

interface Subject {
  readonly bytes: Bytes
  readonly check: (bytes: Bytes) => void
}

const transmission = (choices: Choices): Subject => {
  const version = choices.between(6, 18)
  const session = { version, sessionId, serverKey }
  const { bytes } = madeTransmission(choices, session, surroundings(version))
  const readAs = choices.percent(90) ? version : choices.between(6, 18)
  return { bytes, check: (changed) => readTransmission(changed, readAs) }
}

const block = (choices: Choices): Subject => {
  const all = Array.from({ length: choices.between(1, 6) }, () => choices.bytes(choices.below(60)))
  return {
    bytes: choices.percent(50) ? paddedBlock(choices, all, 600) : contentOf(all),
    check(changed) {
      agree(
        'a block',
        read('a block', () => decodeBlock(changed)),
        transmissionsIn(changed),
      )
    },
  }
}

const hello = (choices: Choices): Subject => ({
  bytes: encodeClientHello({
    version: choices.between(5, 19),
    keyHash: choices.bytes(choices.of(32, 0, 255)),
    proxyServer: choices.percent(50),
    ...(choices.percent(80) && { sessionKey: someDhKey(choices) }),
    ...(choices.percent(40) && {
      service: {
        role: choices.of('messaging', 'notifier', 'proxy'),
        chain: [choices.bytes(choices.below(80)), choices.bytes(choices.below(80))],
        signedKey: choices.bytes(choices.below(120)),
      },
    }),
  }),
  check(changed) {
    const decoded = read('a hello', () => decodeClientHello(changed))
    if (decoded !== undefined)
      agree('a hello', decodeClientHello(encodeClientHello(decoded)), decoded)
  },
})

const tls = (choices: Choices): Subject => ({
  bytes: tlsHello(choices),
  check: (changed) => void read('a TLS hello', () => readClientHello(changed)),
})

/** Whoever waits for the rest of one must not be told otherwise by less of it. */
const balancer = (choices: Choices): Subject => ({
  bytes: Buffer.concat([proxyHeader(choices), choices.bytes(20)]),
  check(changed) {
    const header = read('a PROXY header', () => readProxyHeader(changed))
    if (header === undefined) return
    agree('a PROXY header', readProxyHeader(changed.subarray(0, header.used)), header)
    agree('less than it', readProxyHeader(changed.subarray(0, header.used - 1)), undefined)
  },
})

const subjects = [transmission, transmission, transmission, block, hello, tls, balancer] as const

/** Each sequence of bytes that is read is a case; nothing is answered. */
export const parserTarget: Target = {
  name: 'parsers',
  async run(choices) {
    const { bytes, check } = choices.of(...subjects)(choices)
    check(bytes)
    for (let count = 1; count < CASES; count++) check(mutated(bytes, choices))
    return CASES
  },
}
