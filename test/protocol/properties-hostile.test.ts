/** Arbitrary bytes are a valid value or a `ProtocolError`; a value is written and read again. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { parseServerAddress, printServerAddress } from '../../src/protocol/address.ts'
import { BlockPacker, decodeBlock } from '../../src/protocol/block.ts'
import { type Bytes, utf8Bytes } from '../../src/protocol/bytes.ts'
import { decodeCommand } from '../../src/protocol/command-decoder.ts'
import { encodeCommand } from '../../src/protocol/command-encoder.ts'
import {
  decodeClientHello,
  decodeServerHello,
  decodeServiceResponse,
  decodeSignedKey,
  encodeClientHello,
  encodeServerHello,
  encodeServiceResponse,
  encodeSignedKey,
} from '../../src/protocol/handshake.ts'
import { decodeSpki, encodeSpki } from '../../src/protocol/keys.ts'
import { pad } from '../../src/protocol/padding.ts'
import { decodeReply } from '../../src/protocol/reply-decoder.ts'
import { encodeReply } from '../../src/protocol/reply-encoder.ts'
import { base64url, fromBase64url } from '../../src/protocol/text.ts'
import { decodeTransmission, encodeTransmission } from '../../src/protocol/transmission.ts'
import { command, commandTags } from './arbitraries/commands.ts'
import { clientHello, serverHello, serviceResponse, transmission } from './arbitraries/hellos.ts'
import { hostile } from './arbitraries/hostile.ts'
import { reply, replyTags } from './arbitraries/replies.ts'
import { anyKey, bytes, host, password, version } from './arbitraries/values.ts'
import { replyAsRead } from './as-read.ts'
import { type Codec, decoded } from './check-codec.ts'

const numRuns = 3000

const packed = (transmissions: readonly Bytes[], paddedBytes: number): Bytes => {
  const packer = new BlockPacker()
  for (const one of transmissions) packer.add((writer) => writer.raw(one))
  const [block, ...others] = packer.blocks(paddedBytes)
  assert.ok(block)
  assert.deepEqual(others, [])
  return block
}

/** `input`, of the version, is refused or means a value that survives being written. */
const check = <T>(
  codec: Codec<T>,
  input: (version: number) => fc.Arbitrary<Bytes>,
  asRead: (value: T, version: number) => T = (value) => value,
): void => {
  let values = 0
  const cases = version.chain((v) => fc.tuple(fc.constant(v), input(v)))
  const valueOrProtocolError = fc.property(cases, ([v, content]) => {
    const value = decoded(() => codec.decode(content, v))
    if (value === undefined) return
    values++
    assert.deepEqual(codec.decode(codec.encode(value, v), v), asRead(value, v))
  })
  fc.assert(valueOrProtocolError, { numRuns })
  assert.ok(values > 0 && values < numRuns, `${values} of ${numRuns} were values: both must occur`)
}

describe('hostile bytes', () => {
  test('as a command', () => {
    const input = (v: number) =>
      hostile(
        command.map((one) => encodeCommand(one, v)),
        commandTags,
      )
    check({ decode: decodeCommand, encode: encodeCommand }, input)
  })

  test('as a reply', () => {
    const input = (v: number) =>
      hostile(
        reply.map((one) => encodeReply(one, v)),
        [...replyTags, 'ERR PROXY', 'ERR BLOCKED', 'ERR PROXY BROKER', 'ERR PROXY PROTOCOL'],
      )
    check({ decode: decodeReply, encode: encodeReply }, input, replyAsRead)
  })

  const encodeAny = (one: ReturnType<typeof decodeTransmission>, v: number): Bytes => {
    const session = { version: v, sessionId: one.sessionId }
    return encodeTransmission(session, one.authorization, one.tail, one.serviceSignature)
  }

  test('as a transmission', () => {
    const input = (v: number) => hostile(transmission(v).map((one) => encodeAny(one, v)))
    check({ decode: decodeTransmission, encode: encodeAny }, input)
  })

  test('as a block', () => {
    const batch = fc.array(bytes(20), { minLength: 1, maxLength: 10 })
    const noise = hostile(batch.map((one) => packed(one, 256)))
    const input = fc.oneof(
      noise,
      noise.map((content) => pad(content, 1024)),
    )
    check({ decode: decodeBlock, encode: (one) => packed(one, 16_384) }, () => input)
  })

  test('as a server hello', () => {
    const codec = { decode: decodeServerHello, encode: encodeServerHello }
    check(codec, () => hostile(serverHello.map(encodeServerHello)))
  })

  test('as a client hello', () => {
    const codec = { decode: decodeClientHello, encode: encodeClientHello }
    check(codec, (v) => hostile(clientHello(v).map(encodeClientHello)))
  })

  test('as a service response', () => {
    const codec = { decode: decodeServiceResponse, encode: encodeServiceResponse }
    check(codec, () => hostile(serviceResponse.map(encodeServiceResponse)))
  })

  test('as a key', () => {
    const codec = { decode: decodeSpki, encode: encodeSpki }
    check(codec, () => hostile(anyKey.map(encodeSpki)))
  })

  test('as a signed key', () => {
    const signed = fc
      .tuple(anyKey, fc.oneof(bytes(64, 64), bytes(114, 114)))
      .map(([key, signature]) => encodeSignedKey(key, signature))
    check<ReturnType<typeof decodeSignedKey>>(
      { decode: decodeSignedKey, encode: ({ key, signature }) => encodeSignedKey(key, signature) },
      () => hostile(signed),
    )
  })
})

describe('hostile text', () => {
  const address = fc
    .record({
      keyHash: bytes(32, 32).map(base64url),
      secret: fc.oneof(
        fc.constant(''),
        password.map((text) => `:${text}`),
      ),
      hosts: fc.array(
        fc.oneof(
          host,
          fc.ipV6().map((ip) => `[${ip}]`),
        ),
        { minLength: 1, maxLength: 3 },
      ),
      port: fc.oneof(
        fc.constant(''),
        fc.nat(70_000).map((number) => `:${number}`),
      ),
    })
    .map(({ keyHash, secret, hosts, port }) => `smp://${keyHash}${secret}@${hosts}${port}`)

  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    address,
    fc
      .tuple(address, fc.nat(), fc.string({ unit: 'binary', maxLength: 3 }))
      .map(([valid, at, by]) => {
        const start = at % (valid.length + 1)
        return `${valid.slice(0, start)}${by}${valid.slice(start + 1)}`
      }),
  )

  test('as an address', () => {
    let values = 0
    const valueOrProtocolError = fc.property(text, (one) => {
      const value = decoded(() => parseServerAddress(one))
      if (value === undefined) return
      values++
      assert.deepEqual(parseServerAddress(printServerAddress(value)), value)
      // what the text says is what the proxy is told
      const { hosts, port, keyHash } = value
      const server = { hosts, port: `${port ?? ''}`, keyHash }
      const told = { tag: 'PRXY', server } as const
      assert.deepEqual(decodeCommand(encodeCommand(told, 18), 18), told)
    })
    fc.assert(valueOrProtocolError, { numRuns })
    assert.ok(values > 0 && values < numRuns)
  })

  test('as base64url', () => {
    const noise = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'AQgw_-=+/ ') }))
    const valueOrProtocolError = fc.property(noise, (one) => {
      const value = decoded(() => fromBase64url(one))
      if (value === undefined) return
      assert.equal(base64url(value).replaceAll('=', ''), one.replaceAll('=', ''))
    })
    fc.assert(valueOrProtocolError, { numRuns })
  })

  test('base64url of any bytes is read back', () => {
    const readAsWritten = fc.property(bytes(100), (value) => {
      const written = base64url(value)
      assert.equal(written, Buffer.from(value).toString('base64url').padEnd(written.length, '='))
      assert.deepEqual(fromBase64url(written), value)
      assert.deepEqual(fromBase64url(written.replaceAll('=', '')), value)
    })
    fc.assert(readAsWritten, { numRuns: 200 })
  })

  test('words of objects are no tags', () => {
    for (const word of Object.getOwnPropertyNames(Object.prototype)) {
      assert.equal(
        decoded(() => decodeCommand(utf8Bytes(word), 18)),
        undefined,
      )
      assert.equal(
        decoded(() => decodeReply(utf8Bytes(word), 18)),
        undefined,
      )
    }
  })
})
