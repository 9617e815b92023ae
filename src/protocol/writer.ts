/** The inverse of the reader: SMP's primitive encodings, appended to one buffer. */
import type { Bytes } from './bytes.ts'

const TRUE = 0x54
const FALSE = 0x46
const NOTHING = 0x30
const JUST = 0x31

/** Appends to a growing buffer; lengths that do not fit their field are a `RangeError`. */
export class Writer {
  #bytes: Bytes
  #at = 0

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity)
  }

  get length(): number {
    return this.#at
  }

  /** The bytes written so far, without a copy. */
  bytes(): Bytes {
    return this.#bytes.subarray(0, this.#at)
  }

  /** The first `length` bytes of the buffer, written or not. */
  room(length: number): Uint8Array {
    this.#reserve(Math.max(0, length - this.#at))
    return this.#bytes.subarray(0, length)
  }

  raw(bytes: Bytes): this {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
    return this
  }

  u8(value: number): this {
    this.#reserve(1)
    this.#bytes[this.#at++] = value
    return this
  }

  u16(value: number): this {
    if (value > 0xffff) throw new RangeError('over 65535')
    return this.u8(value >>> 8).u8(value & 0xff)
  }

  setU16(at: number, value: number): void {
    this.#bytes[at] = value >>> 8
    this.#bytes[at + 1] = value & 0xff
  }

  truncate(length: number): void {
    this.#at = length
  }

  i64(value: number | bigint): this {
    this.#reserve(8)
    new DataView(this.#bytes.buffer, this.#at, 8).setBigInt64(0, BigInt(value))
    this.#at += 8
    return this
  }

  bool(value: boolean): this {
    return this.u8(value ? TRUE : FALSE)
  }

  short(bytes: Bytes): this {
    if (bytes.length > 0xff) throw new RangeError('over 255 bytes')
    return this.u8(bytes.length).raw(bytes)
  }

  large(bytes: Bytes): this {
    return this.u16(bytes.length).raw(bytes)
  }

  /** One byte a character, for wire words and ids. */
  text(text: string): this {
    this.#reserve(text.length)
    for (let i = 0; i < text.length; i++) this.#bytes[this.#at++] = text.charCodeAt(i)
    return this
  }

  shortText(text: string): this {
    if (text.length > 0xff) throw new RangeError('over 255 bytes')
    return this.u8(text.length).text(text)
  }

  maybe<T>(value: T | undefined, write: (writer: this, value: T) => void): this {
    if (value === undefined) return this.u8(NOTHING)
    this.u8(JUST)
    write(this, value)
    return this
  }

  nonEmptyList<T>(items: readonly T[], write: (writer: this, item: T) => void): this {
    if (items.length === 0 || items.length > 0xff) throw new RangeError('not 1 to 255 items')
    this.u8(items.length)
    for (const item of items) write(this, item)
    return this
  }

  #reserve(length: number): void {
    const needed = this.#at + length
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    grown.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = grown
  }
}
