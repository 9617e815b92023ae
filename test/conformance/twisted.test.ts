/** The suite can fail: for each thing that a server does wrong, exactly the checks about it do. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { allChecks, selectChecks } from '../../src/conformance/catalog.ts'
import type { CommandReason, SmpError } from '../../src/protocol/error.ts'
import { noEntity } from '../../src/protocol/ids.ts'
import { DELD, END, OK, refusal } from '../../src/protocol/reply.ts'
import { idsOf, run } from './support/run.ts'
import { instead, type Said, type Twist, TwistedRelay } from './support/twisted-relay.ts'

interface Case {
  readonly wrong: string
  readonly twist: Twist
  /** Ids of checks, and groups, that are about it. */
  readonly fail: readonly string[]
  /** In which of the groups to look; all of them are looked at together in the last test. */
  readonly only: readonly string[]
}

const versions = (hundred: number, from: number, to = 18): readonly string[] =>
  Array.from(
    { length: to - from + 1 },
    (_, i) => `SMP-V-${hundred}${String(from + i).padStart(2, '0')}`,
  )

const isError =
  (code: SmpError['code'], reason?: CommandReason) =>
  ({ reply }: Said): boolean =>
    reply.tag === 'ERR' &&
    reply.error.code === code &&
    (reason === undefined || (reply.error.code === 'CMD' && reply.error.reason === reason))

const errAuth = refusal({ code: 'AUTH' })
const cmd = (reason: CommandReason) => refusal({ code: 'CMD', reason })
const is =
  (tag: Said['reply']['tag']) =>
  (said: Said): boolean =>
    said.reply.tag === tag

const deletions = ['SMP-D-004', 'SMP-N-021', 'SMP-N-022', 'SMP-N-023', 'SMP-X-025']

const cases: readonly Case[] = [
  {
    wrong: 'a take-over is told as a deletion',
    twist: { says: instead(is('END'), () => DELD) },
    fail: ['SMP-D-001', 'SMP-D-002', 'SMP-D-003', 'SMP-N-004', 'SMP-X-027', ...versions(2, 10)],
    only: ['SMP-D', 'SMP-R', 'SMP-N', 'SMP-V-210', 'SMP-V-218'],
  },
  {
    wrong: 'a deletion is told as a take-over',
    twist: { says: instead(is('DELD'), () => END) },
    fail: [...deletions, ...versions(2, 10)],
    only: ['SMP-D', 'SMP-R', 'SMP-N', 'SMP-V-209', 'SMP-V-218'],
  },
  {
    wrong: 'bodies that are too large are taken, or so it says',
    twist: { says: instead(isError('LARGE_MSG'), () => OK) },
    fail: ['SMP-Q-014', ...versions(3, 6)],
    only: ['SMP-Q', 'SMP-V-306', 'SMP-V-318', 'SMP-V-001'],
  },
  {
    wrong: 'services are said to lose more than they do',
    twist: {
      says: (said) =>
        said.reply.tag === 'ENDS' && said.reply.count < 9n
          ? { ...said, reply: { tag: 'ENDS', count: said.reply.count + 9n } }
          : said,
    },
    fail: ['SMP-X-022', 'SMP-X-023', 'SMP-X-024'],
    only: ['SMP-X'],
  },
  {
    wrong: 'notifiers are never given to services, or so it says',
    twist: { says: instead(is('SOK'), () => ({ tag: 'SOK' })) },
    fail: ['021', '022', '023', '024', '025', '026', '027'].map((number) => `SMP-X-${number}`),
    only: ['SMP-X'],
  },
  {
    wrong: 'nothing is acknowledged with OK',
    twist: { says: instead(isError('NO_MSG'), () => OK) },
    fail: ['SMP-D-003', 'SMP-D-011', 'SMP-D-013', 'SMP-D-023'],
    only: ['SMP-D', 'SMP-Q', 'SMP-R'],
  },
  {
    wrong: 'a missing entity is a missing authorization',
    twist: { says: instead(isError('CMD', 'NO_ENTITY'), () => cmd('NO_AUTH')) },
    fail: ['SMP-S-065', 'SMP-S-066', 'SMP-C-016', 'SMP-C-018', 'SMP-C-023'],
    only: ['SMP-S', 'SMP-C', 'SMP-L'],
  },
  {
    wrong: 'bad parameters are an unknown command',
    twist: { says: instead(isError('CMD', 'SYNTAX'), () => cmd('UNKNOWN')) },
    fail: [
      ...['011', '012', '022', '023', '026', '027', '035', '045', '055', '063', '064', '072'].map(
        (number) => `SMP-S-${number}`,
      ),
      'SMP-F-012',
    ],
    only: ['SMP-S', 'SMP-C', 'SMP-F'],
  },
  {
    wrong: 'a full queue takes messages, or so it says',
    twist: { says: instead(isError('QUOTA'), () => OK) },
    fail: ['SMP-D-031', 'SMP-D-032'],
    only: ['SMP-D', 'SMP-Q'],
  },
  {
    wrong: 'what is prohibited is refused as if it were somebody else',
    twist: { says: instead(isError('CMD', 'PROHIBITED'), () => errAuth) },
    fail: ['SMP-D-022', 'SMP-L-001', 'SMP-L-011', 'SMP-X-029'],
    only: ['SMP-D', 'SMP-L', 'SMP-F', 'SMP-X-029'],
  },
  {
    wrong: 'services are refused as if they were somebody else',
    twist: { says: instead(isError('SERVICE'), () => errAuth) },
    fail: ['SMP-X-001', 'SMP-X-002', 'SMP-X-003', 'SMP-X-021', 'SMP-C-003', 'SMP-C-020'],
    only: ['SMP-X', 'SMP-C', 'SMP-N'],
  },
  {
    wrong: 'link data changes on its way',
    twist: {
      says: instead(is('LNK'), ({ reply }) =>
        reply.tag === 'LNK' ? { ...reply, user: Uint8Array.of(1) } : reply,
      ),
    },
    fail: [
      ...['005', '006', '007', '008', '013', '015', '016', '018'].map(
        (number) => `SMP-L-${number}`,
      ),
      ...versions(5, 15),
    ],
    only: ['SMP-L', 'SMP-V-515', 'SMP-V-518'],
  },
  {
    wrong: 'messaging queues are called contact queues',
    twist: {
      says: instead(is('IDS'), ({ reply }) =>
        reply.tag === 'IDS' && reply.mode ? { ...reply, mode: 'contact' } : reply,
      ),
    },
    fail: versions(1, 9),
    only: ['SMP-Q', 'SMP-V-108', 'SMP-V-109', 'SMP-V-114', 'SMP-V-118'],
  },
  {
    wrong: 'notifications do not open',
    twist: {
      says: instead(is('NMSG'), ({ reply }) =>
        reply.tag === 'NMSG' ? { ...reply, nonce: new Uint8Array(24) } : reply,
      ),
    },
    fail: ['004', '011', '012', '013', '014', '022'].map((number) => `SMP-N-${number}`),
    only: ['SMP-N', 'SMP-V-218'],
  },
  {
    wrong: 'refusals of large bodies name no queue',
    twist: {
      says: (said) => (isError('LARGE_MSG')(said) ? { ...said, entityId: noEntity } : said),
    },
    fail: ['SMP-Q-014', ...versions(3, 6)],
    only: ['SMP-Q', 'SMP-V-306', 'SMP-V-318'],
  },
  {
    wrong: 'suspended queues take messages',
    twist: { store: () => ({ suspendQueue: async () => ({ outcome: 'done' }) }) },
    fail: ['SMP-R-012'],
    only: ['SMP-R', 'SMP-Q'],
  },
  {
    wrong: 'link data is never deleted',
    twist: { store: () => ({ deleteLinkData: async () => ({ outcome: 'done' }) }) },
    fail: ['SMP-L-007', 'SMP-L-017'],
    only: ['SMP-L-004', 'SMP-L-007', 'SMP-L-016', 'SMP-L-017'],
  },
  {
    wrong: 'ACK removes nothing',
    twist: {
      store: (store) => ({ acknowledge: (queue) => store.peekMessage(queue) }),
    },
    fail: ['SMP-D-001', 'SMP-D-002', 'SMP-D-003'],
    only: ['SMP-D-001', 'SMP-D-002', 'SMP-D-003', 'SMP-D-004', 'SMP-D-005', 'SMP-D-014'],
  },
  {
    wrong: 'queues are never secured, or so it says',
    twist: {
      store: () => ({ secureQueue: async () => ({ outcome: 'done' }) }),
    },
    fail: ['SMP-Q-013', 'SMP-Q-022'],
    only: ['SMP-Q-012', 'SMP-Q-013', 'SMP-Q-021', 'SMP-Q-022'],
  },
]

const within = (ids: readonly string[], only: readonly string[]): readonly string[] => {
  const chosen = selectChecks(only).checks.map(({ id }) => id)
  return allChecks
    .map(({ id }) => id)
    .filter((id) => ids.includes(id) && chosen.includes(id as never))
}

describe('where a server does one thing wrong', { timeout: 120_000 }, () => {
  for (const { wrong, twist, fail, only } of cases)
    test(`${wrong}: exactly the checks about that fail`, async () => {
      await using relay = await TwistedRelay.start(twist)
      const report = await run([relay.address], {
        told: { quota: 5 },
        only,
        timing: { quietMs: 50 },
      })
      assert.deepEqual(idsOf(report, 'failed'), within(fail, only))
      assert.equal(report.queuesLeft, 0)
      assert.equal(await relay.queues(), 0)
    })

  test('all of it together, and the whole suite', async () => {
    const together = cases.filter(
      ({ twist }) => twist.says !== undefined && twist.store === undefined,
    )
    const replies = together.filter(({ wrong }) => !/^a deletion|name no queue/.test(wrong))
    const says = (said: Said): Said => {
      for (const { twist } of replies) {
        const other = twist.says?.(said)
        if (typeof other === 'object' && other !== said) return other
      }
      return said
    }
    await using relay = await TwistedRelay.start({ says })
    const report = await run([relay.address], {
      told: { quota: 5 },
      timing: { quietMs: 50, jobs: 8 },
    })
    const fail = replies.flatMap((one) => one.fail)
    assert.deepEqual(
      idsOf(report, 'failed'),
      within(fail, [...new Set(allChecks.map(({ id }) => id))]),
    )
    assert.equal(report.results.length, allChecks.length)
    assert.equal(await relay.queues(), 0)
  })
})
