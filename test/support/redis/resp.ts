/** Where the messages of a connection to Redis end (RESP2 and RESP3), for what stands in between. */

const CR_LF = 2
/** Of these the number is how many parts follow; a map has two for each entry. */
const PARTS_PER_ENTRY: Readonly<Record<string, number>> = { '*': 1, '~': 1, '>': 1, '%': 2, '|': 2 }
const HAS_BYTES = new Set(['$', '=', '!'])

/** Where the message ends that begins at `at`; undefined while it is not all there. */
const endOf = (bytes: Buffer, at: number): number | undefined => {
  const lineEnd = bytes.indexOf('\r\n', at)
  if (lineEnd < 0) return undefined
  const kind = String.fromCharCode(bytes[at] ?? 0)
  const next = lineEnd + CR_LF
  const count = Number(bytes.toString('latin1', at + 1, lineEnd))
  if (HAS_BYTES.has(kind)) {
    const end = count < 0 ? next : next + count + CR_LF
    return end <= bytes.length ? end : undefined
  }
  let end: number | undefined = next
  for (let part = 0; part < count * (PARTS_PER_ENTRY[kind] ?? 0); part += 1) {
    end = endOf(bytes, end)
    if (end === undefined) return undefined
  }
  return end
}

/** Cuts what arrives into messages. */
export class Messages {
  #rest: Buffer = Buffer.alloc(0)

  take(bytes: Buffer): readonly Buffer[] {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    const messages: Buffer[] = []
    let at = 0
    for (let end = endOf(all, at); end !== undefined && at < all.length; end = endOf(all, at)) {
      messages.push(all.subarray(at, end))
      at = end
    }
    this.#rest = all.subarray(at)
    return messages
  }
}

/** The words of a command: one character a byte. */
export const wordsOf = (message: Buffer): readonly string[] => {
  const words: string[] = []
  let at = message.indexOf('\r\n') + CR_LF
  while (at < message.length) {
    const lineEnd = message.indexOf('\r\n', at)
    const length = Number(message.toString('latin1', at + 1, lineEnd))
    const start = lineEnd + CR_LF
    words.push(message.toString('latin1', start, start + length))
    at = start + length + CR_LF
  }
  return words
}

export const commandOf = (...words: readonly string[]): Buffer =>
  Buffer.from(
    `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`,
    'latin1',
  )
