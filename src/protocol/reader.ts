/** Bounds-checked cursor over SMP's primitive encodings; integers are big-endian. */
import { type Bytes, ProtocolError } from './bytes.ts'

const TRUE = 0x54
const FALSE = 0x46
const NOTHING = 0x30
const JUST = 0x31

/** Reads from the front; every read past the end is a `ProtocolError`. Results are views. */
export class Reader {
  readonly #bytes: Bytes
  #at = 0

  constructor(bytes: Bytes) {
    this.#bytes = bytes
  }

  get position(): number {
    return this.#at
  }

  get remaining(): number {
    return this.#bytes.length - this.#at
  }

  take(length: number): Bytes {
    const end = this.#at + length
    if (end > this.#bytes.length) throw new ProtocolError('unexpected end')
    const taken = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return taken
  }

  u8(): number {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw new ProtocolError('unexpected end')
    this.#at += 1
    return byte
  }

  u16(): number {
    const high = this.u8()
    return high * 0x100 + this.u8()
  }

  i64(): bigint {
    const bytes = this.take(8)
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0)
  }

  /** The whole seconds of an Int64; beyond 2^53 they are refused. */
  seconds(): number {
    const seconds = this.i64()
    if (seconds > BigInt(Number.MAX_SAFE_INTEGER) || seconds < BigInt(Number.MIN_SAFE_INTEGER))
      throw new ProtocolError('time out of range')
    return Number(seconds)
  }

  bool(): boolean {
    const byte = this.u8()
    if (byte === TRUE) return true
    if (byte === FALSE) return false
    throw new ProtocolError('not T or F')
  }

  /** `SS`: one length byte, then the bytes. */
  short(): Bytes {
    return this.take(this.u8())
  }

  /** `LG`: two length bytes, then the bytes. */
  large(): Bytes {
    return this.take(this.u16())
  }

  rest(): Bytes {
    return this.take(this.remaining)
  }

  maybe<T>(read: (reader: this) => T): T | undefined {
    const marker = this.u8()
    if (marker === NOTHING) return undefined
    if (marker === JUST) return read(this)
    throw new ProtocolError('not 0 or 1')
  }

  /** One count byte of at least 1, then the items. */
  nonEmptyList<T>(read: (reader: this) => T): readonly [T, ...T[]] {
    const count = this.u8()
    if (count === 0) throw new ProtocolError('empty list')
    const list: [T, ...T[]] = [read(this)]
    while (list.length < count) list.push(read(this))
    return list
  }

  expect(byte: number): void {
    if (this.u8() !== byte) throw new ProtocolError('unexpected byte')
  }

  /** What `read` returns; where it fails with a `ProtocolError`, undefined and nothing is consumed. */
  attempt<T>(read: (reader: this) => T): T | undefined {
    const start = this.#at
    try {
      return read(this)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#at = start
      return undefined
    }
  }

  finish(): void {
    if (this.#at !== this.#bytes.length) throw new ProtocolError('bytes left over')
  }
}
