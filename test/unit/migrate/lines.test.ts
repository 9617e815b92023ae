import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { LONGEST_LINE_BYTES, readLines } from '../../../src/migrate/lines.ts'
import { StateFolder } from '../../support/state-folder.ts'

interface Read {
  readonly number: number
  readonly text: string
  readonly problem?: string
}

const read = async (content: string | Uint8Array): Promise<readonly Read[]> => {
  using folder = new StateFolder()
  folder.write('file', content)
  const all: Read[] = []
  for await (const { lines } of readLines(join(folder.path, 'file')))
    for (const { number, bytes, problem } of lines) {
      const text = bytes.toString('latin1')
      all.push(problem === undefined ? { number, text } : { number, text, problem })
    }
  return all
}

const CUT = 'the line has no end: the file was cut'
const TOO_LONG = 'longer than 262144 bytes'

describe('lines of a file', () => {
  const cases: readonly (readonly [name: string, content: string, lines: readonly Read[]])[] = [
    ['nothing', '', []],
    ['one', 'a\n', [{ number: 1, text: 'a' }]],
    ['one that is empty', '\n', [{ number: 1, text: '' }]],
    [
      'ends as Windows writes them',
      'a\r\nb\n',
      [
        { number: 1, text: 'a' },
        { number: 2, text: 'b' },
      ],
    ],
    [
      'one that was cut',
      'a\nb',
      [
        { number: 1, text: 'a' },
        { number: 2, text: 'b', problem: CUT },
      ],
    ],
    [
      'zero bytes',
      'a\0b\n\0\n',
      [
        { number: 1, text: 'a\0b' },
        { number: 2, text: '\0' },
      ],
    ],
    ['bytes that are no text', '\xff\xfe\n', [{ number: 1, text: '\xff\xfe' }]],
  ]
  for (const [name, content, lines] of cases)
    test(name, async () => assert.deepEqual(await read(Buffer.from(content, 'latin1')), lines))

  test('across the pieces that a file is read in', async () => {
    const lines = Array.from({ length: 30 }, (_, i) => `${i}`.padEnd(100_000 + i, 'x'))
    const found = await read(`${lines.join('\n')}\n`)
    assert.deepEqual(
      found,
      lines.map((text, i) => ({ number: i + 1, text })),
    )
  })

  test('one that is longer than any is a problem, and the next is read', async () => {
    const longest = 'a'.repeat(LONGEST_LINE_BYTES)
    assert.deepEqual(
      (await read(`${longest}\n${longest}b\n${'c'.repeat(5_000_000)}\nd\n`)).map(
        ({ number, text, problem }) => [number, text[0], problem],
      ),
      [
        [1, 'a', undefined],
        [2, 'a', TOO_LONG],
        [3, 'c', TOO_LONG],
        [4, 'd', undefined],
      ],
    )
  })

  test('one without an end that is as long as the file is cut, not kept', async () => {
    const [line, ...others] = await read(Buffer.alloc(5_000_000))
    assert.deepEqual([line?.text.length, line?.problem, others], [LONGEST_LINE_BYTES, CUT, []])
  })
})
