/** A log of queues, read in one go or in shares. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { printCreate } from '../../../src/migrate/create-line.ts'
import type { Problem } from '../../../src/migrate/problems.ts'
import { readQueueShares } from '../../../src/migrate/read-queues.ts'
import type { WholeQueue } from '../../../src/store/transfer.ts'
import { historyOf, interleaved } from '../../support/queue-history.ts'
import { StateFolder } from '../../support/state-folder.ts'
import { wholeQueue } from './arbitraries.ts'

interface Read {
  readonly queues: readonly string[]
  readonly problems: readonly string[]
  readonly deleted: number
  readonly services: number
}

const read = async (folder: StateFolder, shareBytes?: number): Promise<Read> => {
  const { queues: file } = await folder.files()
  const queues: string[] = []
  const problems: Problem[] = []
  let deleted = 0
  let services = 0
  const shares = readQueueShares({
    ...{ file, onProgress: () => {}, signal: new AbortController().signal },
    ...(shareBytes !== undefined && { shareBytes }),
    onProblem: (problem) => problems.push(problem),
    onService: () => {
      services += 1
    },
    onDeleted: () => {
      deleted += 1
    },
  })
  for await (const share of shares)
    for (const { logged } of share.queues()) queues.push(printCreate(logged.queue))
  problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
  const texts = problems.map(({ line, reason }) => `${line}: ${reason}`)
  return { queues: queues.sort(), problems: texts, deleted, services }
}

const readLines = async (queues: readonly string[], shareBytes?: number): Promise<Read> => {
  using folder = new StateFolder({ queues })
  return await read(folder, shareBytes)
}

const queueNamed = (letter: string): string =>
  `CREATE rid=${letter.repeat(32)} rk=MCowBQYDK2VwAyEA${'A'.repeat(43)}= rdh=${'A'.repeat(43)}= sid=${letter.repeat(31)}s sk=`

const distinct = (queues: readonly WholeQueue[]): readonly WholeQueue[] => [
  ...new Map(queues.map((queue) => [queue.recipientId, queue])).values(),
]

test('a queue that was changed very often', async () => {
  const a = 'A'.repeat(32)
  const changes = Array.from({ length: 1000 }, (_, i) => `TIME ${a} ${i}`)
  const lines = [queueNamed('A'), ...changes, `SUSPEND ${a}`, 'TIME QkJC 5', `NDELETE ${a} wrong`]
  const { queues, problems } = await readLines(lines)
  assert.deepEqual(queues, [`${queueNamed('A')} status=off`])
  assert.deepEqual(problems, [
    '1003: TIME of a queue that was not created before',
    '1004: NDELETE with 1 fields after the id',
  ])
})

test('services and queues that were deleted are counted', async () => {
  const a = 'A'.repeat(32)
  const hash = `${'A'.repeat(43)}=`
  const service = `NEW_SERVICE service_id=${a} role=N cert=QUJD,QUJD cert_hash=${hash} created_at=5`
  const { deleted, services, queues } = await readLines([queueNamed('A'), `DELETE ${a}`, service])
  assert.deepEqual({ deleted, services, queues }, { deleted: 1, services: 1, queues: [] })
})

test('queues are as they were last, whatever was written in between, in shares of any size', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(wholeQueue, { maxLength: 8 }).map(distinct),
      fc.integer({ min: 200, max: 5000 }),
      async (queues, shareBytes) => {
        const lines = interleaved(queues.map(historyOf))
        const expected = queues.map(printCreate).sort()
        for (const share of [undefined, shareBytes]) {
          const found = await readLines(lines, share)
          assert.deepEqual(found.problems, [])
          assert.deepEqual(found.queues, expected)
        }
      },
    ),
    { numRuns: 50 },
  )
})

describe('what does not fit is listed with its line and changes nothing', () => {
  const [a, b] = ['A'.repeat(32), 'B'.repeat(32)]
  const cases: readonly (readonly [
    name: string,
    lines: readonly string[],
    problems: readonly string[],
    queues: number,
  ])[] = [
    ['a queue twice', [queueNamed('A'), queueNamed('A')], ['2: the queue was created before'], 1],
    [
      'a change before its queue',
      [`SUSPEND ${a}`, queueNamed('A')],
      ['1: SUSPEND of a queue that was not created before'],
      1,
    ],
    [
      'a change after the end',
      [queueNamed('A'), `DELETE ${a}`, `TIME ${a} 5`, `DELETE ${a}`, queueNamed('A')],
      [
        '3: TIME of a queue that was deleted before',
        '4: DELETE of a queue that was deleted before',
        '5: the queue was created before',
      ],
      0,
    ],
    [
      'lines that cannot be read between lines that can',
      ['garbage', queueNamed('A'), '', `KEYS ${a} wrong`, queueNamed('B'), `SUSPEND ${b} x`],
      [
        '1: not a record of a known kind',
        '4: a key is not base64url',
        '6: SUSPEND with 1 fields after the id',
      ],
      2,
    ],
  ]
  for (const [name, lines, problems, queues] of cases)
    test(name, async () => {
      for (const share of [undefined, 100]) {
        const found = await readLines(lines, share)
        assert.deepEqual(found.problems, problems)
        assert.equal(found.queues.length, queues)
      }
    })

  test('a file that was cut anywhere: only what is whole counts', async () => {
    const lines = [queueNamed('A'), queueNamed('B'), `SUSPEND ${a}`]
    const whole = `${lines.join('\n')}\n`
    for (let end = 1; end < whole.length; end += 7) {
      using folder = new StateFolder()
      folder.write('smp-server-store.log', whole.slice(0, end))
      const { queues, problems } = await read(folder)
      const isCut = whole[end - 1] !== '\n'
      assert.equal(queues.length, Math.min(whole.slice(0, end).split('\n').length - 1, 2))
      assert.deepEqual(problems.length, isCut ? 1 : 0)
    }
  })
})
