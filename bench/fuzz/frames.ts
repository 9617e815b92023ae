/** Target: WebSocket - upgrade requests, and frames of every kind after them. */
import type { Socket } from 'node:net'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import { BLOCK_BYTES } from '../../src/protocol/block.ts'
import { encodeClientHello } from '../../src/protocol/handshake.ts'
import { pad } from '../../src/protocol/padding.ts'
import type { Choices } from './choices.ts'
import { Finding } from './finding.ts'
import { atTimesMutated, mutated } from './mutate.ts'
import { dialPlain, HANDSHAKE_MS, hear, type Place, writeInPieces } from './place.ts'
import type { Target } from './target.ts'

const upgradeLines = [
  'GET / HTTP/1.1',
  'Host: localhost',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
]
const oddLines = [
  'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
  'Sec-WebSocket-Extensions: x;;=',
  'Sec-WebSocket-Protocol: smp, mqtt',
  'Sec-WebSocket-Protocol: ,',
  'Sec-WebSocket-Version: 8',
  'Sec-WebSocket-Key: x',
  'Origin: http://x',
  'X-Forwarded-For: 192.0.2.7',
  'Content-Length: 10',
]

const upgrade = (choices: Choices, isRight: boolean): Buffer => {
  const lines = isRight
    ? upgradeLines
    : [
        ...upgradeLines.filter(() => choices.percent(92)),
        ...Array.from({ length: choices.below(3) }, () => choices.from(oddLines) ?? ''),
      ]
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
  return isRight ? bytes : Buffer.from(atTimesMutated(bytes, choices, 50))
}

const TEXT = 1
const BINARY = 2
const CLOSE = 8
const PING = 9
const PONG = 10

interface Shape {
  readonly opcode: number
  readonly payload: Uint8Array
  readonly isLast?: boolean
  /** The bits that stand for extensions. */
  readonly reserved?: number
  readonly isMasked?: boolean
  /** Said instead of the payload's. */
  readonly told?: number
}

const frame = ({
  opcode,
  payload,
  isLast = true,
  reserved = 0,
  isMasked = true,
  told = payload.length,
}: Shape): Buffer => {
  const first = (isLast ? 0x80 : 0) | (reserved << 4) | opcode
  const mask = isMasked ? 0x80 : 0
  const length =
    told < 126
      ? Buffer.from([mask | told])
      : told < 0x10000
        ? Buffer.from([mask | 126, told >>> 8, told & 0xff])
        : Buffer.concat([Buffer.from([mask | 127, 0, 0, 0, 0]), uint32(told)])
  // a mask of zeros changes nothing and is one
  const key = isMasked ? Buffer.alloc(4) : Buffer.alloc(0)
  return Buffer.concat([Buffer.from([first]), length, key, payload])
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

const closePayload = (choices: Choices): Uint8Array => {
  const code = choices.of(1000, 1001, 1002, 1005, 1006, 1015, 0, 999, 3000, 4999, 5000, 65_535)
  const reason = choices.bytes(choices.percent(70) ? 0 : choices.below(124))
  return Buffer.concat([Uint8Array.of(code >>> 8, code & 0xff), reason])
}

/** One message of one block, whole or in parts. */
const blockFrames = (choices: Choices, block: Uint8Array): Buffer => {
  if (choices.percent(60)) return frame({ opcode: BINARY, payload: block })
  const at = choices.below(block.length + 1)
  const [first, rest] = [block.subarray(0, at), block.subarray(at)]
  const between = choices.percent(40)
    ? frame({ opcode: choices.of(PING, PONG, BINARY), payload: choices.bytes(choices.below(126)) })
    : Buffer.alloc(0)
  return Buffer.concat([
    frame({ opcode: BINARY, payload: first, isLast: false }),
    between,
    frame({ opcode: choices.percent(95) ? 0 : BINARY, payload: rest }),
  ])
}

const oddFrame = (choices: Choices): Buffer => {
  switch (choices.below(9)) {
    case 0:
      return frame({ opcode: TEXT, payload: choices.bytes(choices.of(0, 5, BLOCK_BYTES)) })
    case 1:
      return frame({
        opcode: BINARY,
        payload: choices.bytes(choices.of(0, 1, 16_383, 16_385, 70_000)),
      })
    case 2:
      return frame({
        opcode: CLOSE,
        payload: choices.percent(80) ? closePayload(choices) : choices.bytes(1),
      })
    case 3:
      return frame({ opcode: choices.between(3, 15), payload: choices.bytes(choices.below(20)) })
    case 4:
      return frame({ opcode: BINARY, payload: choices.bytes(9), reserved: choices.between(1, 7) })
    case 5:
      return frame({ opcode: BINARY, payload: choices.bytes(BLOCK_BYTES), isMasked: false })
    case 6:
      return frame({
        opcode: BINARY,
        payload: choices.bytes(8),
        told: choices.of(16_384, 16_385, 2 ** 31, 2 ** 32 - 1),
      })
    case 7:
      return frame({
        opcode: choices.of(PING, PONG),
        payload: choices.bytes(choices.of(0, 125, 126, 300)),
      })
    default:
      return Buffer.concat(
        Array.from({ length: choices.between(20, 400) }, () =>
          frame({ opcode: PING, payload: choices.bytes(4) }),
        ),
      )
  }
}

const helloOf = (choices: Choices, keyHash: Uint8Array): Uint8Array => {
  const { publicKey } = crypto.generateKeyPair('X25519')
  const version = choices.between(11, 18)
  const hello = encodeClientHello({ version, keyHash, sessionKey: publicKey, proxyServer: false })
  return pad(hello, BLOCK_BYTES)
}

const framesOf = (choices: Choices, keyHash: Uint8Array): Buffer => {
  const parts: Buffer[] = []
  if (choices.percent(60)) parts.push(blockFrames(choices, helloOf(choices, keyHash)))
  for (let count = choices.below(4); count > 0; count--)
    parts.push(
      choices.percent(30) ? blockFrames(choices, choices.bytes(BLOCK_BYTES)) : oddFrame(choices),
    )
  const bytes = Buffer.concat(parts)
  return choices.percent(15) ? Buffer.from(mutated(bytes, choices)) : bytes
}

const HEAD_END = Buffer.from('\r\n\r\n')

interface Read {
  readonly opcode: number
  readonly payload: Buffer
}

/** The relay's frames, as far as they are whole. @throws Finding for what servers may not send */
const readFrames = (bytes: Buffer): readonly Read[] => {
  const frames: Read[] = []
  for (let at = 0; at + 2 <= bytes.length; ) {
    const [first = 0, second = 0] = bytes.subarray(at)
    const isLong = second === 126
    if (second >= 127 || (first & 0xf0) !== 0x80)
      throw new Finding(`a frame with head ${bytes.subarray(at, at + 4).toString('hex')}`)
    const start = at + (isLong ? 4 : 2)
    if (start > bytes.length) break
    const length = isLong ? bytes.readUInt16BE(at + 2) : second
    if (start + length > bytes.length) break
    frames.push({ opcode: first & 0xf, payload: bytes.subarray(start, start + length) })
    at = start + length
  }
  return frames
}

const judgeFrame = ({ opcode, payload }: Read): void => {
  if (opcode === BINARY && payload.length !== BLOCK_BYTES)
    throw new Finding(`a message of ${payload.length} bytes`)
  if (![BINARY, CLOSE, PING, PONG].includes(opcode)) throw new Finding(`a frame of kind ${opcode}`)
}

const judge = (bytes: Buffer, isRight: boolean): void => {
  if (bytes.length === 0) {
    if (isRight) throw new Finding('an upgrade without an answer')
    return
  }
  const end = bytes.indexOf(HEAD_END)
  const head = bytes.subarray(0, end < 0 ? 100 : end).toString('latin1')
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]
  if (status === undefined || status.startsWith('5')) throw new Finding(`an upgrade got: ${head}`)
  if (status !== '101') {
    if (isRight) throw new Finding(`an upgrade got: ${head}`)
    return
  }
  readFrames(bytes.subarray(end + HEAD_END.length)).forEach(judgeFrame)
}

/** The end that both sides say: a relay that goes on listening answers it. */
const goodbye = frame({ opcode: CLOSE, payload: Uint8Array.of(3, 232) })

const talk = async (socket: Socket, choices: Choices, keyHash: Uint8Array): Promise<void> => {
  const isRight = choices.percent(65)
  const start = performance.now()
  await writeInPieces(socket, upgrade(choices, isRight), choices)
  const frames = framesOf(choices, keyHash)
  await writeInPieces(socket, frames, choices)
  // the relay may be in the middle of a message then, and takes the goodbye for a part of it
  socket.end(isRight ? goodbye : Buffer.alloc(0))
  const { bytes } = await hear(socket, () => false)
  // a machine that is busy with something else may let the relay's time for it pass
  const isLate = performance.now() - start > HANDSHAKE_MS / 2
  judge(bytes, isRight && !isLate)
}

/** Each connection is a case. */
export const frameTarget = (place: Place): Target => ({
  name: 'websocket',
  async run(choices) {
    const socket = await dialPlain(place.wsPort, choices)
    await talk(socket, choices, place.keyHash)
    return 1
  },
})
