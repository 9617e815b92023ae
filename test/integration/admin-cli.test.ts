/** `sluice queue`, `stats` and `config` against a running relay. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runCli } from '../../src/cli/run-cli.ts'
import { nativeCrypto as crypto, openClient, type SmpClient } from '../../src/client/index.ts'
import { printQueueUri, queueUriOf } from '../../src/client/queue-uri.ts'
import { printShortLink } from '../../src/client/short-link.ts'
import { contactLink } from '../../src/crypto/short-link.ts'
import { packageVersion } from '../../src/package-version.ts'
import { utf8Bytes } from '../../src/protocol/bytes.ts'
import { linkIdOf } from '../../src/protocol/ids.ts'
import { startTestRelay, type TestRelay } from '../client/support/relay.ts'
import { adminToken, idText } from '../support/admin.ts'
import { FakeIo } from '../unit/cli/fake-io.ts'

let relay: TestRelay
let client: SmpClient
let env: Record<string, string> = {}
before(async () => {
  relay = await startTestRelay({
    ...{ adminPort: '0', adminToken, blockQuota: '4', hosts: '127.0.0.1' },
    createPassword: 'swordfish',
  })
  client = await openClient({ address: { ...relay.address, password: 'swordfish' } })
  env = {
    SLUICE_ADMIN_URL: `http://127.0.0.1:${relay.adminPort}/`,
    SLUICE_ADMIN_TOKEN: adminToken,
  }
})
after(async () => {
  client.close()
  await relay[Symbol.asyncDispose]()
})

type Ask = FakeIo['ask']

const run = async (
  args: readonly string[],
  { ask, given = env }: { ask?: Ask; given?: Record<string, string> } = {},
) => {
  const io = new FakeIo(given)
  io.ask = ask
  const code = await runCli(args, io)
  return { code, out: io.out, err: io.err }
}

const ok = async (
  args: readonly string[],
  options?: Parameters<typeof run>[1],
): Promise<string> => {
  const { code, out, err } = await run(args, options)
  assert.deepEqual({ code, err }, { code: 0, err: '' })
  return out
}

/** The one line of a failure. */
const fails = async (
  args: readonly string[],
  options?: Parameters<typeof run>[1],
): Promise<string> => {
  const { code, out, err } = await run(args, options)
  assert.deepEqual({ code, out }, { code: 1, out: '' })
  assert.match(err, /^sluice: [^\n]+\n$/)
  return err
}

const newQueue = async () => {
  const queue = await client.createQueue()
  await client.openSender(queue).send(utf8Bytes('hello'))
  return { queue, id: idText(queue.senderId) }
}

describe('sluice queue', () => {
  test('shows, blocks and unblocks a queue by its sender id', async () => {
    const { id } = await newQueue()
    const rest =
      'Mode          messaging\nSecured       no\nLink data     no\nMessages      1\nSubscribed    yes\nNotifier      none\n'
    assert.equal(await ok(['queue', 'status', id]), `State         active\n${rest}`)
    const block = ['queue', 'block', id, '--reason', 'content']
    assert.equal(await ok(block), 'The queue is blocked (content)\n')
    assert.equal(
      await ok([...block, '--notice', '3600']),
      'The queue is blocked (content, notice for 3600 seconds)\n',
    )
    assert.equal(
      await ok([...block, '--notice', 'forever']),
      'The queue is blocked (content, notice without end)\n',
    )
    const shown = await ok(['queue', 'status', id, '--json'])
    const { state, reason, notice } = JSON.parse(shown)
    assert.deepEqual([state, reason, notice], ['blocked', 'content', {}])
    assert.equal(await ok(['queue', 'unblock', id]), 'The queue is active\n')
    assert.match(await fails(['queue', 'unblock', id]), /the queue is not blocked$/m)
  })

  test('takes ids that begin as options do', async () => {
    const minus = `-${'a'.repeat(31)}`
    assert.match(await fails(['queue', 'status', minus]), /there is no queue with this sender/)
  })

  test('takes whole links, and refuses those of other servers', async () => {
    const linkKey = crypto.randomBytes(32)
    const linkId = linkIdOf(contactLink(crypto, linkKey).linkId)
    const data = { linkId, fixed: utf8Bytes('f'), user: utf8Bytes('u') }
    const queue = await client.createQueue({ mode: 'contact', link: () => data })
    const dhKey = crypto.generateKeyPair('X25519').publicKey
    const { keyHash, hosts } = relay.address
    const linksAt = (server: { keyHash: Uint8Array; hosts: readonly [string] }) => {
      const uri = printQueueUri(queueUriOf(server, queue.credentials, dhKey))
      return [
        uri,
        `simplex:/contact#/?v=2-7&smp=${encodeURIComponent(uri)}`,
        `https://simplex.chat/contact#/?v=2-7&smp=${encodeURIComponent(uri)}`,
        printShortLink({ kind: 'contact', contactKind: 'contact', linkKey, server }),
      ]
    }
    const [host] = hosts
    for (const link of linksAt({ keyHash, hosts: [host] }))
      assert.match(await ok(['queue', 'status', link]), /^Mode +contact$/m)
    for (const link of linksAt({ keyHash: crypto.randomBytes(32), hosts: [host] }))
      assert.match(
        await fails(['queue', 'status', link]),
        /^sluice: the link is of another server: this one is 127\.0\.0\.1 with fingerprint /,
      )
  })

  test('deletes after a yes, and not without', async () => {
    const { id, queue } = await newQueue()
    const remove = ['queue', 'delete', id]
    const refused = await run(remove)
    assert.equal(refused.code, 2)
    assert.match(refused.err, /^sluice: nobody can be asked here: give --yes to delete; see/)
    let question = ''
    const answer = (text: string) => async (asked: string) => {
      question = asked
      return text
    }
    for (const no of ['', 'n', 'yesterday'])
      assert.match(await fails(remove, { ask: answer(no) }), /nothing was deleted$/m)
    assert.equal(
      question,
      'Delete a queue that is subscribed to, and 1 message? This cannot be undone. [y/N] ',
    )
    assert.equal((await queue.info()).size, 1)
    const deleted = 'The queue is deleted, with 1 message\n'
    assert.equal(await ok(remove, { ask: answer(' Y ') }), deleted)
    assert.match(await fails(remove, { ask: answer('y') }), /there is no queue with this sender/)
    const other = await newQueue()
    const answered = await ok(['queue', 'delete', other.id, '--yes', '--json'])
    assert.deepEqual(JSON.parse(answered), { deleted: true, messages: 1 })
  })

  test('says when the quota is reached', async () => {
    const block = async () => run(['queue', 'block', (await newQueue()).id, '--reason', 'spam'])
    let last = await block()
    for (let count = 0; count < 4 && last.code === 0; count++) last = await block()
    assert.equal(last.code, 1)
    assert.equal(last.err, 'sluice: 4 queues were blocked today (UTC): SLUICE_BLOCK_QUOTA\n')
  })
})

test('sluice stats prints what the relay does', async () => {
  const out = await ok(['stats'])
  const lines = [/^Version +\S+$/m, /^Connections +1, 1 with a session$/m, /^Queues +\d+$/m]
  for (const line of [...lines, /^Blocked today +\d of 4$/m, /^Forwarded +0 of 0 commands/m])
    assert.match(out, line)
  assert.equal(JSON.parse(await ok(['stats', '--json'])).version, packageVersion())
})

test('sluice config prints the settings of the relay, and no secret', async () => {
  const out = await ok(['config'])
  assert.match(out, /^SLUICE_BLOCK_QUOTA=4$/m)
  assert.match(out, /^# SLUICE_WS_PORT is not set$/m)
  assert.match(out, /^# SLUICE_CREATE_PASSWORD is set, and secret$/m)
  const json = await ok(['config', '--json'])
  for (const text of [out, json]) assert.doesNotMatch(text, /swordfish|the-token/)
})

describe('what fails is one line', () => {
  const stats = (given: Record<string, string>, ...args: readonly string[]) =>
    fails(['stats', ...args], { given })

  test('a wrong token, which is not shown', async () => {
    const line = await stats({ ...env, SLUICE_ADMIN_TOKEN: 'wrong-'.repeat(4) })
    assert.match(line, /has another token: SLUICE_ADMIN_TOKEN is not the one of that relay$/m)
    assert.doesNotMatch(line, /wrong-/)
  })

  test('what is missing', async () => {
    const { SLUICE_ADMIN_TOKEN = '', SLUICE_ADMIN_URL = '' } = env
    assert.match(await stats({ SLUICE_ADMIN_URL }), /the token of the admin API is needed in/)
    assert.match(await stats({ SLUICE_ADMIN_TOKEN }), /--admin URL, or SLUICE_ADMIN_URL$/m)
  })

  test('a port where nobody listens', async () => {
    const gone = await startTestRelay({ adminPort: '0', adminToken })
    await gone[Symbol.asyncDispose]()
    const url = `http://127.0.0.1:${gone.adminPort}`
    const line = await stats(env, '--admin', url)
    assert.equal(line, `sluice: ${url} cannot be reached: connection refused\n`)
  })

  test('another server, whatever it answers', async () => {
    const token: unknown[] = []
    const server = createServer((request, response) => {
      token.push(request.headers.authorization)
      if (request.url === '/moved/v1/stats') response.writeHead(302, { location: '/v1/stats' })
      else if (request.url?.startsWith('/long')) response.write('x'.repeat(2_000_000))
      response.end('<html>\u001b[31m')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    assert.ok(typeof address === 'object' && address !== null)
    const url = `http://127.0.0.1:${address.port}`
    try {
      for (const [path, status] of [
        ['', 200],
        ['/moved', 302],
        ['/long', 200],
      ] as const)
        assert.equal(
          await stats(env, '--admin', url + path),
          `sluice: ${url}${path} is no admin API that this version knows: it answered ${status}\n`,
        )
      assert.equal(token.length, 3)
    } finally {
      server.close()
      server.closeAllConnections()
    }
  })
})

describe('as a process', () => {
  const sluice = fileURLToPath(new URL('../../bin/sluice.js', import.meta.url))
  let directory = ''
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-admin-'))
  })
  after(() => rm(directory, { recursive: true }))

  const execute = async (args: readonly string[], given: Record<string, string>) => {
    const child = spawn(process.execPath, [sluice, ...args], { env: given, cwd: directory })
    child.stdin.end()
    let [out, err] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text
    })
    const [code] = await once(child, 'close')
    return { code, out, err }
  }

  test('it takes the token from a file, and finds the relay of this machine', async () => {
    const file = join(directory, 'token')
    await writeFile(file, `${adminToken}\n`)
    const given = {
      SLUICE_ADMIN_PORT: `${relay.adminPort}`,
      SLUICE_ADMIN_TOKEN_FILE: file,
      SLUICE_ADMIN_BIND: '127.0.0.1',
    }
    const { id } = await newQueue()
    const { code, out, err } = await execute(['queue', 'status', id, '--json'], given)
    assert.deepEqual({ code, err }, { code: 0, err: '' })
    assert.equal(JSON.parse(out).messages, 1)
    const refused = await execute(['queue', 'delete', id], given)
    assert.equal(refused.code, 2)
    assert.match(refused.err, /^sluice: nobody can be asked here: give --yes to delete; see/)
    assert.equal((await execute(['queue', 'delete', id, '-y'], given)).code, 0)
  })

  test('a relay says in one line why its admin port cannot be used', async () => {
    const data = {
      SLUICE_DATA_DIR: join(directory, 'data'),
      SLUICE_PORT: '0',
      SLUICE_OPS_PORT: '0',
    }
    const port = `${relay.adminPort}`
    const taken = await execute(['start'], {
      ...data,
      SLUICE_ADMIN_PORT: port,
      SLUICE_ADMIN_TOKEN: adminToken,
      SLUICE_LOG_LEVEL: 'warn',
    })
    const advice = 'stop what uses it, or set SLUICE_ADMIN_PORT to another'
    assert.deepEqual(taken, {
      code: 1,
      out: '',
      err: `sluice: port ${port} is in use: ${advice}\n`,
    })
    const open = await execute(['start'], { ...data, SLUICE_ADMIN_PORT: port })
    assert.equal(open.code, 1)
    assert.match(open.err, /^sluice: SLUICE_ADMIN_TOKEN is needed with SLUICE_ADMIN_PORT: .*\n$/)
  })
})
