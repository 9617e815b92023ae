/**
 * Hash tags of the partitions, whose cluster slots are spread evenly: one in each 16384/P slots.
 * Part of the key schema: never changed for a given number of partitions.
 */

export const SLOTS = 16_384
const TAG_ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz'

// CRC16-XMODEM, as Redis Cluster hashes keys
const crc16 = (text: string): number => {
  let crc = 0
  for (let i = 0; i < text.length; i++) {
    crc ^= text.charCodeAt(i) << 8
    for (let bit = 0; bit < 8; bit++)
      crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff
  }
  return crc
}

export const slotOf = (tag: string): number => crc16(tag) % SLOTS

const candidate = (index: number): string => {
  let text = ''
  for (let rest = index; text.length < 3; rest = Math.floor(rest / TAG_ALPHABET.length))
    text = (TAG_ALPHABET[rest % TAG_ALPHABET.length] ?? '') + text
  return text
}

/** One tag for each partition, in the order of their slots. `count` is a power of two up to 4096. */
export const partitionTags = (count: number): readonly string[] => {
  const tags = new Map<number, string>()
  for (let index = 0; tags.size < count && index < TAG_ALPHABET.length ** 3; index++) {
    const tag = candidate(index)
    const partition = Math.floor(slotOf(tag) / (SLOTS / count))
    if (!tags.has(partition)) tags.set(partition, tag)
  }
  if (tags.size < count) throw new RangeError(`no tags for ${count} partitions`)
  return [...tags].sort(([a], [b]) => a - b).map(([, tag]) => tag)
}
