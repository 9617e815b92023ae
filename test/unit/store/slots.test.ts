/** Slots of keys as the Redis Cluster specification has them, and what CLUSTER SLOTS answers. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodeName, SlotMap } from '../../../src/store/redis/connection/slots.ts'
import { partitionTags, SLOTS, slotOf } from '../../../src/store/redis/partitions.ts'

const nodes = [7001, 7002, 7003].map((port) => ({ host: '10.0.0.1', port }))
const [first = { host: '', port: 0 }, second = first, third = first] = nodes

/** One entry of the answer; hosts come as bytes. */
const range = (from: number, to: number, { host, port }: { host: string | null; port: number }) => [
  from,
  to,
  [host === null ? null : Buffer.from(host), port, Buffer.from('id')],
  [Buffer.from('10.9.9.9'), 9999, Buffer.from('a replica')],
]

const whole = [range(0, 5460, first), range(5461, 10_922, second), range(10_923, 16_383, third)]

const mapOf = (answer: readonly unknown[]): SlotMap => {
  const map = new SlotMap()
  map.replace(answer, first)
  return map
}

describe('the slot of a tag', () => {
  // the first: the check value of the specification, 0x31c3; the others: CLUSTER KEYSLOT
  const known = { '123456789': 0x31c3 % SLOTS, foo: 12_182, bar: 5061, hello: 866, '': 0 }
  for (const [tag, slot] of Object.entries(known))
    test(`"${tag}" lies in ${slot}`, () => assert.equal(slotOf(tag), slot))

  test('of each partition lies in its share of the slots', () => {
    for (const count of [1, 16, 256])
      partitionTags(count).forEach((tag, partition) => {
        assert.equal(Math.floor(slotOf(tag) / (SLOTS / count)), partition)
      })
  })
})

describe('the node of a key', () => {
  const map = mapOf(whole)
  // foo: third, bar: first
  const keys = {
    foo: third,
    bar: first,
    '{foo}': third,
    'prefix:{foo}:q:id': third,
    'x{bar}y{foo}': first,
    'foo{}{bar}': map.nodeOf('foo{}{bar}'),
    '{foo': map.nodeOf('{foo'),
    '}{foo}': third,
  }
  for (const [key, node] of Object.entries(keys))
    test(key, () => assert.deepEqual(map.nodeOf(key), node))

  test('an empty tag, or an open one, is no tag: the whole key counts', () => {
    const only = (key: string) => mapOf([range(slotOf(key), slotOf(key), second)])
    for (const key of ['foo{}{bar}', '{foo', '{}', 'foo{'])
      assert.deepEqual(only(key).nodeOf(key), second, key)
  })

  test('the second brace opens nothing: {{bar}} has the tag {bar', () => {
    const slot = slotOf('{bar')
    assert.deepEqual(mapOf([range(slot, slot, second)]).nodeOf('foo{{bar}}zap'), second)
  })
})

describe('CLUSTER SLOTS', () => {
  test('both ends of a range belong to it', () => {
    const slot = slotOf('foo')
    for (const [from, to, node] of [
      [slot, slot, first],
      [slot - 1, slot, first],
      [slot, slot + 1, first],
      [slot + 1, slot + 2, undefined],
      [slot - 2, slot - 1, undefined],
    ] as const)
      assert.deepEqual(mapOf([range(from, to, first)]).nodeOf('foo'), node, `${from}-${to}`)
  })

  test('only primaries serve, and only those with slots', () => {
    assert.deepEqual(mapOf(whole).nodes, nodes)
    const map = mapOf(whole)
    map.replace([range(0, 16_383, second)], first)
    assert.deepEqual(map.nodes, [second])
    assert.deepEqual(new SlotMap().nodes, [])
  })

  for (const [name, host] of [
    ['empty', ''],
    ['null', null],
    ['a question mark', '?'],
  ] as const)
    test(`a host that is ${name} is the one that was asked`, () => {
      const map = new SlotMap()
      map.replace([range(0, 16_383, { host, port: 7002 })], { host: 'asked', port: 7001 })
      assert.deepEqual(map.nodeOf('foo'), { host: 'asked', port: 7002 })
    })

  test('what cannot be read serves nothing, and harms nothing else', () => {
    const odd = [null, 'x', [], [0, 1], [0, 16_383, []], [0, 16_383, [Buffer.from('h'), 'port']]]
    assert.deepEqual(mapOf(odd).nodes, [])
    assert.deepEqual(mapOf([...odd, range(0, 16_383, second)]).nodeOf('foo'), second)
  })
})

describe('who has moved', () => {
  test('nobody, when the map is the first, or the same', () => {
    const map = new SlotMap()
    assert.equal(map.replace(whole, first)('foo'), false)
    assert.equal(map.replace(whole, first)('foo'), false)
  })

  test('those whose slot has another node, or none', () => {
    const map = mapOf(whole)
    const hasMoved = map.replace([range(0, 16_383, first)], first)
    assert.equal(hasMoved('foo'), true)
    assert.equal(hasMoved('bar'), false)
    const isGone = map.replace([range(0, 10_000, first)], first)
    assert.equal(isGone('foo'), true)
    assert.equal(isGone('bar'), false)
    // nobody served it: nothing can have been lost there
    assert.equal(map.replace(whole, first)('foo'), false)
  })

  test('a redirection moves one slot, which the next map then finds moved or not', () => {
    const map = mapOf(whole)
    map.move('{foo}:x', second)
    assert.deepEqual(map.nodeOf('{foo}:y'), second)
    assert.deepEqual(map.nodeOf('bar'), first)
    assert.equal(map.replace(whole, first)('foo'), true)
  })
})

test('nodes are told apart by host and port', () => {
  assert.equal(nodeName({ host: '::1', port: 7001 }), '::1:7001')
})
