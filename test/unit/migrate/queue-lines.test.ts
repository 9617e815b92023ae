import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { printCreate } from '../../../src/migrate/create-line.ts'
import { LineProblem } from '../../../src/migrate/fields.ts'
import { parseQueueLine, queueOfLine } from '../../../src/migrate/queue-line.ts'
import { same } from '../../store/same.ts'
import { recordedState } from '../../support/state-folder.ts'
import { wholeQueue } from './arbitraries.ts'

const id = (letter: string): string => letter.repeat(32)
const RID = id('R')
const SECRET = `${'c2Vj'.repeat(10)}c2U=`
const ED25519 = `MCowBQYDK2VwAyEA${'a2V5'.repeat(10)}a2U=`
const X25519 = `MCowBQYDK2VuAyEA${'a2V5'.repeat(10)}a2U=`
const X448 = `MEIwBQYDK2VvAzkA${'a2V5'.repeat(18)}a2U=`
const CREATE = `CREATE rid=${RID} rk=${ED25519} rdh=${SECRET} sid=${id('S')} sk=`
const NOTIFIER = `${id('N')} ${ED25519} ${SECRET}`

const queueOf = (line: string) => {
  const parsed = parseQueueLine(line)
  assert.ok('change' in parsed && parsed.change.tag === 'CREATE', 'a queue')
  return parsed.change.logged
}
const changeOf = (line: string) => {
  const parsed = parseQueueLine(line)
  assert.ok('change' in parsed, 'a change of a queue')
  return parsed.change
}
const problemOf = (line: string): string => {
  try {
    parseQueueLine(line)
  } catch (error) {
    assert.ok(error instanceof LineProblem, 'a problem of the line')
    return error.message
  }
  return assert.fail('it was read')
}

describe('fields of CREATE', () => {
  const cases: readonly (readonly [words: string, field: object])[] = [
    ['queue_mode=M', { mode: 'messaging' }],
    ['queue_mode=C', { mode: 'contact' }],
    ['sndSecure=T', { mode: 'messaging' }],
    ['sndSecure=F', { mode: 'contact' }],
    ['status=off', { status: { state: 'suspended' } }],
    ['status=active', { status: { state: 'active' } }],
    ['status=blocked,reason=spam', { status: { state: 'blocked', blocking: { reason: 'spam' } } }],
    [
      'status=blocked,reason=content,notice={"ttl":60}',
      { status: { state: 'blocked', blocking: { reason: 'content', notice: { ttlSeconds: 60 } } } },
    ],
    [
      'status=blocked,reason=content,notice={"ttl":null,"more":[1]}',
      { status: { state: 'blocked', blocking: { reason: 'content', notice: {} } } },
    ],
  ]
  for (const [words, field] of cases)
    test(words, () => {
      const { queue } = queueOf(`${CREATE} ${words}`)
      for (const [name, value] of Object.entries(field))
        same(Object.entries(queue).find(([one]) => one === name)?.[1], value)
    })

  test('none but those that are needed', () => {
    const { queue, ...others } = queueOf(CREATE)
    assert.deepEqual(others, {})
    assert.deepEqual(Object.keys(queue).sort(), [
      ...['dhSecret', 'recipientId', 'recipientKeys', 'senderId', 'status'],
    ])
  })

  test('without padding, as links have it', () => {
    same(
      queueOf(CREATE.replaceAll('=  ', ' ').replace(`${SECRET} `, `${SECRET.slice(0, -1)} `)),
      queueOf(CREATE),
    )
  })

  test('what the store has no place for', () => {
    const { queue, ...others } = queueOf(
      `${CREATE} notifier=${NOTIFIER} nsrv=${id('T')} updated_at=1795305600 status=off rsrv=${id('U')}`,
    )
    assert.ok(queue.notifier)
    assert.deepEqual(Object.keys(others).sort(), [
      ...['notifierService', 'recipientService', 'updatedAt'],
    ])
    assert.equal(others.updatedAt, 1_795_305_600)
  })

  test('every line of the reference is read, and what is kept of it is written as it was', () => {
    for (const run of ['first', 'second'] as const) {
      const path = join(recordedState(run), 'smp-server-store.log')
      for (const line of readFileSync(path, 'latin1').trimEnd().split('\n')) {
        const parsed = parseQueueLine(line)
        if (!('change' in parsed) || parsed.change.tag !== 'CREATE') continue
        const kept = line.replace(/ (?:updated_at|nsrv|rsrv)=\S+/g, '')
        assert.equal(printCreate(parsed.change.logged.queue), kept)
      }
    }
  })
})

describe('changes', () => {
  const cases: readonly (readonly [line: string, change: object])[] = [
    ...['SUSPEND', 'UNBLOCK', 'DELETE', 'NDELETE', 'LDELETE'].map(
      (tag) => [`${tag} ${RID}`, { tag }] as const,
    ),
    [`BLOCK ${RID} reason=spam`, { tag: 'BLOCK', blocking: { reason: 'spam' } }],
    [`TIME ${RID} 1795305600`, { tag: 'TIME', updatedAt: 1_795_305_600 }],
    [`QUEUE_SERVICE ${RID} N`, { tag: 'QUEUE_SERVICE', party: 'notifier' }],
    [`QUEUE_SERVICE ${RID} R`, { tag: 'QUEUE_SERVICE', party: 'recipient' }],
  ]
  for (const [line, change] of cases)
    test(line.replace(RID, 'rid'), () => assert.deepEqual(changeOf(line), change))

  test('keys, links, notifiers, services', () => {
    const tags = [
      `SECURE ${RID} ${X25519}`,
      `KEYS ${RID} ${ED25519},${X25519}`,
      `LINK ${RID} ${id('L')} ZGF0YQ== ZGF0YQ==`,
      `NOTIFIER ${RID} ${NOTIFIER}`,
      `NOTIFIER ${RID} ${NOTIFIER} nsrv=${id('T')}`,
      `QUEUE_SERVICE ${RID} N ${id('T')}`,
    ].map((line) => changeOf(line).tag)
    assert.deepEqual(tags, ['SECURE', 'KEYS', 'LINK', 'NOTIFIER', 'NOTIFIER', 'QUEUE_SERVICE'])
  })
})

describe('lines that cannot be used say why, and nothing of what stands in them', () => {
  const cases: readonly (readonly [line: string, problem: RegExp])[] = [
    ['', /known kind/],
    ['create', /known kind/],
    ['\0\0\0\0', /known kind/],
    ['__proto__ x', /known kind/],
    ['CREATE', /rid is not the first/],
    [`CREATE sid=${id('S')} rid=${RID}`, /rid is not the first/],
    [`CREATE rid=${RID}`, /sid is missing|rk is missing/],
    [`${CREATE} nsrv=${id('T')}`, /nsrv without notifier/],
    [CREATE.replace(' rdh=', ' xdh='), /field that is not known/],
    [`${CREATE} `, /field that is not known/],
    [`${CREATE} new_field=1`, /field that is not known/],
    [`${CREATE} sk=${ED25519}`, /sk twice/],
    [`${CREATE}${X448}`, /sk is not a key/],
    [`${CREATE}${SECRET}`, /sk is not a key/],
    [CREATE.replace(SECRET, 'c2Vj'), /rdh has 3 bytes instead of 32/],
    [CREATE.replace(SECRET, SECRET.replace('=', '')).replace('c2U', 'c2V'), /rdh is not base64url/],
    [CREATE.replace(RID, 'R+/='), /rid is not base64url/],
    [CREATE.replace(RID, ''), /rid is not base64url|rid has 0 bytes/],
    [CREATE.replace(RID, 'A'.repeat(400)), /rid has 300 bytes/],
    [CREATE.replace(ED25519, `${ED25519},`), /rk is not a key|rk has 0 bytes/],
    [CREATE.replace(ED25519, Array.from({ length: 256 }, () => ED25519).join()), /255 keys/],
    [`${CREATE} queue_mode=X`, /queue_mode is none/],
    [`${CREATE} link_id=${id('L')}`, /without each other/],
    [`${CREATE} queue_data=ZGF0YQ== ZGF0YQ==`, /without each other/],
    [`${CREATE} queue_data=ZGF0YQ==`, /without all its parts/],
    [`${CREATE} notifier=${id('N')}`, /without all its parts/],
    [`${CREATE} status=gone`, /status is none/],
    [`${CREATE} status=blocked,reason=rude`, /reason of the block/],
    [`${CREATE} status=blocked,reason=spam,notice={`, /reason of the block/],
    [`${CREATE} updated_at=-5`, /updated_at is not a time/],
    [`${CREATE} updated_at=2026-11-22`, /updated_at is not a time/],
    [`SECURE ${RID}`, /SECURE with 0 fields/],
    [`SUSPEND ${RID} `, /SUSPEND with 1 fields/],
    [`SUSPEND`, /recipient id/],
    [`QUEUE_SERVICE ${RID} X`, /neither a recipient nor a notifier/],
    [`NOTIFIER ${RID} ${NOTIFIER} xsrv=${id('T')}`, /field that is not known/],
    ['NEW_SERVICE service_id=abc', /service of a known form/],
  ]
  for (const [line, problem] of cases)
    test(`${problem.source}: ${line.slice(0, 50)}`, () => {
      const message = problemOf(line)
      assert.match(message, problem)
      for (const secret of [SECRET, ED25519, RID]) assert.ok(!message.includes(secret))
    })

  test('cut anywhere', () => {
    const whole = `${CREATE}${ED25519} queue_mode=M link_id=${id('L')} queue_data=ZGF0YQ== ZGF0YQ== notifier=${NOTIFIER} status=blocked,reason=spam`
    for (let end = 0; end < whole.length; end++)
      try {
        parseQueueLine(whole.slice(0, end))
      } catch (error) {
        assert.ok(error instanceof LineProblem, whole.slice(0, end))
      }
  })

  test('with any byte in any place', () => {
    fc.assert(
      fc.property(wholeQueue, fc.nat(), fc.nat(255), (queue, place, byte) => {
        const line = printCreate(queue)
        const at = place % line.length
        try {
          parseQueueLine(line.slice(0, at) + String.fromCharCode(byte) + line.slice(at + 1))
        } catch (error) {
          assert.ok(error instanceof LineProblem)
        }
      }),
    )
  })

  test('of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 200 }), (text) => {
        try {
          parseQueueLine(text)
        } catch (error) {
          assert.ok(error instanceof LineProblem)
        }
      }),
    )
  })
})

test('queues are written and read back the same', () => {
  fc.assert(fc.property(wholeQueue, (queue) => same(queueOf(printCreate(queue)), { queue })))
})

test('whose queue a line is about is the same for all lines of it', () => {
  const of = (line: string) => queueOfLine(Buffer.from(line))
  assert.equal(of(CREATE), RID)
  assert.equal(of(`TIME ${RID} 5`), RID)
  assert.equal(of('SUSPEND QUE= x'), of('CREATE rid=QUE rk='))
  assert.equal(of('NEW_SERVICE service_id=abc'), undefined)
  assert.equal(of(''), undefined)
  assert.equal(of('\0'), undefined)
})
