/** Finds bytes in text, whichever way they may have been written. */

/** Enough of each spelling that nothing is found by chance; a part cut off after it is found too. */
const HEX_CHARACTERS = 12
const BASE64_CHARACTERS = 10
const RAW_CHARACTERS = 12
const LIST_CHARACTERS = 32

type Spell = (bytes: Buffer) => readonly string[]

interface Alphabet {
  readonly characters: number
  readonly spell: Spell
  readonly ignoresCase?: true
}

/** Also as a part of something longer: the bytes may begin at any of three places of a group. */
const base64Of: Spell = (bytes) =>
  [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    const own = text.slice(
      Math.ceil((before * 8) / 6),
      Math.floor(((before + bytes.length) * 8) / 6),
    )
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')]
  })

const rawOf: Spell = (bytes) => {
  const [latin1, utf8] = [bytes.toString('latin1'), bytes.toString('utf8')]
  return [latin1, utf8, ...[latin1, utf8].map((text) => JSON.stringify(text).slice(1, -1))]
}

/** As arrays of numbers are written, or objects that were such. */
const listOf: Spell = (bytes) => [
  [...bytes].join(','),
  [...bytes].join(', '),
  [...bytes].map((byte, index) => `"${index}":${byte}`).join(','),
]

const colons = (hex: string): string => hex.replaceAll(/..(?=.)/g, '$&:')

const alphabets: readonly Alphabet[] = [
  { characters: BASE64_CHARACTERS, spell: base64Of },
  { characters: RAW_CHARACTERS, spell: rawOf },
  { characters: LIST_CHARACTERS, spell: listOf },
  {
    characters: HEX_CHARACTERS,
    ignoresCase: true,
    spell: (bytes) => [bytes.toString('hex')],
  },
  {
    characters: HEX_CHARACTERS + HEX_CHARACTERS / 2,
    ignoresCase: true,
    spell: (bytes) => [colons(bytes.toString('hex'))],
  },
]

/** The beginning and the end: either may have been cut off. */
const endsOf = (text: string, characters: number): readonly string[] =>
  text.length < characters ? [] : [text.slice(0, characters), text.slice(-characters)]

export interface Found {
  readonly what: string
  readonly spelling: string
}

/** Values by their names, one character a byte, and all their spellings. */
export class Spellings {
  readonly #all: readonly (Alphabet & { readonly index: ReadonlyMap<string, string> })[]

  constructor(values: ReadonlyMap<string, string>) {
    this.#all = alphabets.map((alphabet) => {
      const index = new Map<string, string>()
      for (const [value, what] of values)
        for (const text of alphabet.spell(Buffer.from(value, 'latin1')))
          for (const end of endsOf(text, alphabet.characters)) index.set(end, what)
      return { ...alphabet, index }
    })
  }

  findIn(text: string): readonly Found[] {
    return this.#all.flatMap(({ characters, index, ignoresCase }) => {
      const searched = ignoresCase ? text.toLowerCase() : text
      const found: Found[] = []
      for (let at = 0; at + characters <= searched.length; at += 1) {
        const spelling = searched.slice(at, at + characters)
        const what = index.get(spelling)
        if (what !== undefined) found.push({ what, spelling })
      }
      return found
    })
  }
}

const groupsOf = (address: string): readonly number[] => address.split('.').map(Number)

/** An IPv4 address in the ways in which it may be written. */
export const addressSpellings = (address: string): readonly string[] => {
  const bytes = Buffer.from(groupsOf(address))
  const hex = bytes.toString('hex')
  return [
    address,
    address.replaceAll('.', '-'),
    hex,
    `${hex.slice(0, 4)}:${hex.slice(4)}`,
    `${bytes.readUInt32BE()}`,
    [...bytes].join(','),
  ]
}
