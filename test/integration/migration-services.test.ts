/** A notification server whose relay moves into a cluster: it goes on as who it was. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { utf8Bytes } from '../../src/protocol/bytes.ts'
import { idBytes, serviceIdOf } from '../../src/protocol/ids.ts'
import { makeIdentity } from '../client/support/identity.ts'
import { next } from '../client/support/next.ts'
import { newClusters, startPod } from '../support/moved-cluster.ts'
import { runSluice } from '../support/sluice.ts'
import { StateFolder } from '../support/state-folder.ts'
import { within } from '../support/within.ts'

const padded = (bytes: Uint8Array): string =>
  Buffer.from(bytes).toString('base64').replaceAll('+', '-').replaceAll('/', '_')

test('it has its id, and all its notifiers by one NSUBS, with what waited for them', {
  timeout: 120_000,
}, async () => {
  using folder = new StateFolder()
  const [from, to] = await newClusters(folder.path)
  const made = await (async () => {
    await using pod = await startPod(from)
    const { credentials } = await pod.client.createQueue({ notifier: true, subscribe: false })
    const { senderId, notifier } = credentials
    assert.ok(notifier)
    const sender = pod.client.openSender({ senderId })
    await sender.send(utf8Bytes('before'), { notification: true })
    return { credentials, notifier }
  })()
  const out = join(folder.path, 'out')
  assert.equal((await runSluice(['export', out], from)).code, 0)

  // as the reference keeps them
  const { chain, chainPem, keyPem } = makeIdentity()
  const serviceId = serviceIdOf(new Uint8Array(24).fill(7))
  const hash = createHash('sha256')
    .update(chain.at(-1) ?? '')
    .digest()
  const [id, rid] = [serviceId, made.credentials.recipientId].map((one) => padded(idBytes(one)))
  appendFileSync(
    join(out, 'smp-server-store.log'),
    `NEW_SERVICE service_id=${id} role=N cert=${chain.map(padded)} cert_hash=${padded(hash)} created_at=1795305600\nQUEUE_SERVICE ${rid} N ${id}\n`,
  )
  const dry = await runSluice(['import', out, '--dry-run'], to)
  assert.equal(dry.code, 0, dry.err)
  assert.match(dry.out, /^ {4}of services +1$/m)
  assert.match(dry.out, /^ {2}services +1$/m)
  const imported = await runSluice(['import', out], to)
  assert.equal(imported.code, 0, `${imported.out}${imported.err}`)
  assert.match(imported.out, /^ {4}of services +1 +1$/m)
  assert.match(imported.out, /^ {2}services +1 +1$/m)

  // also after a restart
  for (const text of ['first', 'second']) {
    await using pod = await startPod(to, { role: 'notifier', chainPem, keyPem })
    const { client } = pod
    assert.equal((await client.connection()).serviceId, serviceId)
    const watched = client.openNotifier(made.notifier)
    assert.equal(await client.subscribeService([watched]), 1n)
    if (text === 'first') await within('what waited', next(watched.notifications))
    await using recipient = await startPod(to)
    const sender = recipient.client.openSender({ senderId: made.credentials.senderId })
    await sender.send(utf8Bytes(text), { notification: true })
    await within(`of the ${text}`, next(watched.notifications))
  }
  // its certificates are not kept, without which the reference reads no service
  const back = join(folder.path, 'back')
  const exported = await runSluice(['export', back], to)
  assert.equal(exported.code, 0, exported.err)
  assert.match(exported.out, /^Note: 1 queues are of services, which are not written/m)
  const log = readFileSync(join(back, 'smp-server-store.log'), 'latin1')
  assert.match(log, /^CREATE [^\n]* notifier=\S+ \S+ \S+\n$/)
})
