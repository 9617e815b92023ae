/** The data behind short links. */
import assert from 'node:assert/strict'
import { linkIdOf } from '../../../src/protocol/ids.ts'
import type { QueueRecord } from '../../../src/store/store.ts'
import { bytes, contentOf, type Link, newKey, newLink, newSubscriber } from '../builders.ts'
import type { Check, Pod } from '../cluster.ts'
import { same } from '../same.ts'

const done = { outcome: 'done' }
const taken = { outcome: 'taken' }
const refused = { outcome: 'refused' }

const byLink = (pod: Pod, { linkId }: Link) => pod.find('link', [linkId])

/** The link opens to this content, by the record that its id finds. */
const opens = async (pod: Pod, queue: QueueRecord, link: Link): Promise<void> => {
  const [record] = await byLink(pod, link)
  assert.ok(record)
  assert.equal(record.recipientId, queue.recipientId)
  assert.equal(record.linkId, link.linkId)
  same(await pod.store.openLink(record), { outcome: 'done', content: contentOf(link) })
}

const addSet = (check: Check): void => {
  check('link data of a new queue is opened', async (pod) => {
    const link = newLink()
    await opens(pod, await pod.create({ link }), link)
  })

  check('link data is set and opened', async (pod) => {
    const queue = await pod.create()
    const link = newLink()
    assert.deepEqual(await pod.store.setLinkData(queue, link), done)
    await opens(pod, queue, link)
  })

  check('link data of any size and any bytes is kept', async (pod) => {
    const everyByte = Uint8Array.from({ length: 256 }, (_, index) => index)
    const links = [
      newLink({ linkId: linkIdOf(bytes(255)), user: bytes(13_784) }),
      newLink({ fixed: everyByte, user: everyByte }),
      newLink({ fixed: bytes(0), user: bytes(0) }),
    ]
    for (const link of links) {
      const queue = await pod.create()
      assert.deepEqual(await pod.store.setLinkData(queue, link), done)
      await opens(pod, queue, link)
    }
  })

  check('user data is replaced under the same fixed data', async (pod) => {
    const link = newLink()
    const queue = await pod.create({ link })
    for (const user of [bytes(300), bytes(0), link.user]) {
      const next = { ...link, fixed: link.fixed.slice(), user }
      assert.deepEqual(await pod.store.setLinkData(await pod.load(queue), next), done)
      await opens(pod, queue, next)
    }
  })

  check('other fixed data is refused', async (pod) => {
    const link = newLink()
    const queue = await pod.create({ link })
    const others = [bytes(80), link.fixed.subarray(1), new Uint8Array([...link.fixed, 0]), bytes(0)]
    for (const fixed of others)
      assert.deepEqual(await pod.store.setLinkData(queue, newLink({ ...link, fixed })), refused)
    await opens(pod, queue, link)
  })

  check('another id is refused, and stays free', async (pod) => {
    const link = newLink()
    const queue = await pod.create({ link })
    const other = newLink({ fixed: link.fixed, user: link.user })
    assert.deepEqual(await pod.store.setLinkData(queue, other), refused)
    await opens(pod, queue, link)
    assert.deepEqual(await byLink(pod, other), [undefined])
    assert.deepEqual(await pod.store.setLinkData(await pod.create(), other), done)
  })

  check('an id that another queue has is taken', async (pod) => {
    const link = newLink()
    const queue = await pod.create({ link })
    const other = await pod.create()
    for (const given of [link, newLink({ linkId: link.linkId })])
      assert.deepEqual(await pod.store.setLinkData(other, given), taken)
    same(await pod.load(other), other)
    await opens(pod, queue, link)
  })
}

const addDelete = (check: Check): void => {
  check('deleted link data is found by nobody, and its id is free', async (pod) => {
    const link = newLink()
    const queue = await pod.create({ link })
    assert.deepEqual(await pod.store.deleteLinkData(queue), done)
    assert.deepEqual(await byLink(pod, link), [undefined])
    const next = newLink({ linkId: link.linkId })
    const other = await pod.create()
    assert.deepEqual(await pod.store.setLinkData(other, next), done)
    await opens(pod, other, next)
    assert.deepEqual(await pod.store.setLinkData(await pod.load(queue), link), taken)
  })

  check('a queue takes other link data after a deletion', async (pod) => {
    const link = newLink()
    const queue = await pod.create({ link })
    await pod.store.deleteLinkData(queue)
    const next = newLink({ linkId: link.linkId })
    assert.deepEqual(await pod.store.setLinkData(await pod.load(queue), next), done)
    await opens(pod, queue, next)
  })

  check('link data that is not there is deleted as well', async (pod) => {
    const queue = await pod.create()
    assert.deepEqual(await pod.store.deleteLinkData(queue), done)
    assert.deepEqual(await pod.store.openLink(await pod.load(queue)), done)
  })
}

const addOpen = (check: Check): void => {
  check('opening without a key leaves the queue as it is', async (pod) => {
    const link = newLink()
    const queue = await pod.create({ link })
    await opens(pod, queue, link)
    same(await pod.load(queue), queue)
  })

  check('opening with a key secures the queue with it', async (pod) => {
    const link = newLink()
    const queue = await pod.create({ link })
    const senderKey = newKey()
    const opened = await pod.store.openLink(queue, senderKey)
    same(opened, { outcome: 'done', content: contentOf(link) })
    same((await pod.load(queue)).senderKey, senderKey)
    await opens(pod, queue, link)
  })

  check('opening a secured queue keeps its key', async (pod) => {
    const link = newLink()
    const senderKey = newKey()
    const queue = await pod.create({ link, senderKey })
    for (const key of [senderKey, newKey()])
      same(await pod.store.openLink(queue, key), { outcome: 'done', content: contentOf(link) })
    same((await pod.load(queue)).senderKey, senderKey)
  })

  check('a link is opened whatever is in the queue', async (pod) => {
    const link = newLink()
    const queue = await pod.create({ link }, newSubscriber())
    await pod.append(queue)
    await pod.store.suspendQueue(queue)
    await opens(pod, queue, link)
  })
}

export const linkCases = (check: Check): void => {
  addSet(check)
  addDelete(check)
  addOpen(check)
}
