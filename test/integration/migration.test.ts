/** A server that moves with its address: into a cluster whose clients go on, and to another one. */
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { QueueMessage, RecipientCredentials } from '../../src/client/index.ts'
import { utf8Bytes, utf8Text } from '../../src/protocol/bytes.ts'
import { recipientIdOf, senderIdOf } from '../../src/protocol/ids.ts'
import { decodeSpki } from '../../src/protocol/keys.ts'
import { expectRefusal } from '../client/support/failure.ts'
import { next } from '../client/support/next.ts'
import { newClusters, newEnv, startPod } from '../support/moved-cluster.ts'
import { makeReferenceIdentity, openssl } from '../support/openssl.ts'
import { runSluice } from '../support/sluice.ts'
import { recordedState, StateFolder } from '../support/state-folder.ts'
import { fromHex, loadVectors } from '../support/vectors.ts'
import { within } from '../support/within.ts'

interface ExpectedQueue {
  readonly name: string
  readonly recipientId: string
  readonly senderId: string
  readonly recipientKeys: readonly string[]
  readonly recipientPrivateKey: string
  readonly dhSecret: string
  readonly status: string
}

interface ExpectedMessage {
  readonly timestamp: number
  readonly body?: string
}

interface Expected {
  readonly queues: readonly ExpectedQueue[]
  readonly runs: readonly {
    readonly messages: readonly {
      readonly queue: string
      readonly messages: readonly ExpectedMessage[]
    }[]
  }[]
}

const { queues, runs } = loadVectors<Expected>('reference-state/expected')
const queueNamed = (name: string): ExpectedQueue =>
  queues.find((one) => one.name === name) ?? assert.fail(name)

const credentialsOf = (queue: ExpectedQueue): RecipientCredentials => {
  const key = decodeSpki(fromHex(queue.recipientKeys[0] ?? ''))
  assert.ok(key.algorithm !== 'X448')
  return {
    recipientId: recipientIdOf(fromHex(queue.recipientId)),
    senderId: senderIdOf(fromHex(queue.senderId)),
    key: { algorithm: key.algorithm, raw: fromHex(queue.recipientPrivateKey) },
    secret: fromHex(queue.dhSecret),
  }
}

const hexOf = ({ timestamp, body }: QueueMessage) => ({
  timestamp,
  body: Buffer.from(body).toString('hex'),
})

/** State, certificates and ini, as in the two folders of a server. */
const referenceServer = () => {
  const folder = new StateFolder()
  cpSync(recordedState('first'), folder.path, { recursive: true })
  const config = join(folder.path, 'etc')
  mkdirSync(config)
  makeReferenceIdentity(config, { algorithm: 'Ed448' })
  const der = openssl(config, 'x509 -in ca.crt -noout -fingerprint -sha256')
  const fingerprint = Buffer.from(der.replace(/^.*=|:|\n/g, ''), 'hex').toString('base64url')
  writeFileSync(
    join(config, 'smp-server.ini'),
    '[STORE_LOG]\nenable: on\nexpire_messages_days: 21\n[AUTH]\ncreate_password: pass-word\n[TRANSPORT]\nhost: smp.example.org\nport: 5223\nwebsockets: off\ncontrol_port: 5224\n',
  )
  return { folder, config, fingerprint }
}

describe('a server of the reference', { timeout: 120_000 }, () => {
  test('moves to a cluster: address, keys and messages stay, and clients go on', async () => {
    const { folder, config, fingerprint } = referenceServer()
    using _ = folder
    const env = await newEnv(join(folder.path, 'data'))
    mkdirSync(join(folder.path, 'data'))
    const settingsPath = join(folder.path, 'sluice.env')
    const args = ['import', folder.path, '--config', config]
    const dry = await runSluice([...args, '--dry-run'], env)
    assert.equal(dry.code, 0, dry.err)
    assert.match(dry.out, /^SLUICE_MESSAGE_TTL_SECONDS=1814400$/m)
    assert.match(dry.out, /^# TRANSPORT\.control_port: /m)
    assert.match(dry.out, /Would be imported:\n {2}queues +13\n/)
    assert.doesNotMatch(dry.out, /pass-word/)
    const { code, out, err } = await runSluice([...args, '--settings', settingsPath], env)
    assert.equal(code, 0, `${out}${err}`)
    assert.match(out, /^ {2}queues +13 +13$/m)
    assert.match(out, /^ {2}messages +141 +141$/m)
    assert.match(out, /^Problems: none$/m)
    assert.ok(
      out.includes(`smp://${fingerprint}@127.0.0.1`) ||
        out.includes(`smp://${fingerprint}=@127.0.0.1`),
      out,
    )
    assert.match(readFileSync(settingsPath, 'utf8'), /^SLUICE_CREATE_PASSWORD=pass-word$/m)
    assert.equal(statSync(settingsPath).mode & 0o777, 0o600)
    assert.equal(statSync(join(folder.path, 'data', 'server.key')).mode & 0o777, 0o600)

    await using pod = await startPod(env)
    const { client } = pod
    const events = client.events()
    // none of these is secured
    const senderOf = ({ senderId }: RecipientCredentials) => client.openSender({ senderId })
    for (const { queue: name, messages } of runs[0]?.messages ?? []) {
      const { status } = queueNamed(name)
      const queue = client.openQueue(credentialsOf(queueNamed(name)))
      if (status.startsWith('blocked')) {
        await expectRefusal(queue.subscribe(), 'BLOCKED')
        continue
      }
      await queue.subscribe()
      const withBody = messages.filter(({ body }) => body !== undefined)
      const received: ReturnType<typeof hexOf>[] = []
      for (const expected of withBody) {
        const message = await within(`${name}: the next message`, next(queue.messages))
        received.push(hexOf(message))
        assert.deepEqual(received.at(-1), { timestamp: expected.timestamp, body: expected.body })
        await message.ack()
      }
      if (withBody.length < messages.length)
        await within(
          'QUOTA',
          (async () => {
            for await (const event of events)
              if (event.tag === 'overQuota') return assert.equal(event.queue, queue)
          })(),
        )
    }
    const full = credentialsOf(queueNamed('quota'))
    await senderOf(full).send(utf8Bytes('after the move'))
    const queue = client.openQueue(full)
    await queue.subscribe()
    assert.equal(
      utf8Text((await within('a new message', next(queue.messages))).body),
      'after the move',
    )
    await expectRefusal(
      senderOf(credentialsOf(queueNamed('suspended'))).send(utf8Bytes('x')),
      'AUTH',
    )
    await expectRefusal(
      senderOf(credentialsOf(queueNamed('blocked'))).send(utf8Bytes('x')),
      'BLOCKED',
    )
    await expectRefusal(senderOf(credentialsOf(queueNamed('deleted'))).send(utf8Bytes('x')), 'AUTH')
  })

  test('is not mixed with a cluster of another identity', async () => {
    const { folder, config } = referenceServer()
    using _ = folder
    const env = await newEnv(join(folder.path, 'data'))
    assert.equal((await runSluice(['init'], env)).code, 0)
    const { code, err } = await runSluice(['import', folder.path, '--config', config], env)
    assert.equal(code, 1)
    assert.match(err, /has another identity .*: clients would not find it/)
  })
})

test('a cluster moves to another one by export and import, with clients that go on', {
  timeout: 120_000,
}, async () => {
  using folder = new StateFolder()
  const [from, to] = await newClusters(folder.path)
  const out = join(folder.path, 'out')
  const link = () => ({ fixed: utf8Bytes('fixed'), user: utf8Bytes('user') })
  const made = await (async () => {
    await using pod = await startPod(from)
    const { client } = pod
    const queue = await client.createQueue({ notifier: true, link, subscribe: false })
    const key = await client.makeSenderKey()
    const { linkId, notifier, senderId } = queue.credentials
    assert.ok(linkId && notifier)
    const other = await client.createQueue({ link, subscribe: false, keyAlgorithm: 'Ed448' })
    const sender = client.openSender({ senderId, key })
    await sender.secure()
    for (const text of ['one', 'two', ''])
      await sender.send(utf8Bytes(text), { notification: true })
    return { credentials: queue.credentials, other: other.credentials, notifier, key }
  })()
  const exported = await runSluice(['export', out], from)
  assert.equal(exported.code, 0, exported.err)
  assert.match(exported.out, /1 messages have an empty body/)
  const again = await runSluice(['export', out], from)
  assert.equal(again.code, 1)
  assert.match(again.err, /smp-server-store\.log is there already: give an empty folder\n$/)

  const imported = await runSluice(['import', out], to)
  assert.equal(imported.code, 0, `${imported.out}${imported.err}`)
  const second = join(folder.path, 'second')
  assert.equal((await runSluice(['export', second], to)).code, 0)
  for (const name of ['smp-server-store.log', 'smp-server-messages.log', 'smp-server-ntfs.log']) {
    const sorted = (path: string) => readFileSync(join(path, name), 'latin1').split('\n').sort()
    assert.deepEqual(sorted(second), sorted(out), name)
    assert.equal(statSync(join(out, name)).mode & 0o777, 0o600)
  }

  await using pod = await startPod(to)
  const { client } = pod
  const watcher = client.openNotifier(made.notifier)
  await watcher.subscribe()
  const queue = client.openQueue(made.credentials)
  await queue.subscribe()
  const sender = client.openSender({ senderId: made.credentials.senderId, key: made.key })
  await sender.send(utf8Bytes('three'))
  for (const text of ['one', 'two', '', 'three']) {
    const message = await within('a message', next(queue.messages))
    assert.equal(utf8Text(message.body), text)
    if (text !== 'three')
      assert.equal(
        (await within('a notification', next(watcher.notifications))).messageId,
        message.id,
      )
    await message.ack()
  }
  const { linkId = assert.fail() } = made.other
  const opened = await client.readInvitationLink(linkId, await client.makeSenderKey())
  assert.deepEqual([utf8Text(opened.fixed), utf8Text(opened.user)], ['fixed', 'user'])
})
