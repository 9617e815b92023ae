/** `pad`: u16 length, the content, `#` up to the padded length (which includes the length). */
import { type Bytes, ProtocolError } from './bytes.ts'

export const LENGTH_BYTES = 2
export const FILLER = 0x23

export const pad = (content: Bytes, length: number): Bytes => {
  if (content.length > 0xffff - LENGTH_BYTES || content.length + LENGTH_BYTES > length)
    throw new RangeError(`${content.length} bytes do not fit into ${length} padded ones`)
  const padded = new Uint8Array(length)
  padded[0] = content.length >>> 8
  padded[1] = content.length & 0xff
  padded.set(content, LENGTH_BYTES)
  return padded.fill(FILLER, LENGTH_BYTES + content.length)
}

/** A view of the content; the filler is not looked at. */
export const unpad = (padded: Bytes): Bytes => {
  const [high, low] = padded
  if (high === undefined || low === undefined) throw new ProtocolError('padding too short')
  const end = LENGTH_BYTES + high * 0x100 + low
  if (end > padded.length) throw new ProtocolError('padded length beyond the end')
  return padded.subarray(LENGTH_BYTES, end)
}
