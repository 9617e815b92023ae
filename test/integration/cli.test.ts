import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const sluice = fileURLToPath(new URL('../../bin/sluice.js', import.meta.url))

interface Result {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

type Env = Readonly<Record<string, string>>

let directory = ''
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-cli-'))
})
after(() => rm(directory, { recursive: true }))

class Running {
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown[]>
  #out = ''
  #err = ''

  constructor(args: readonly string[], env: Env) {
    this.#child = spawn(process.execPath, [sluice, ...args], {
      cwd: directory,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#out += text
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#err += text
    })
    this.#closed = once(this.#child, 'close')
  }

  /** The first line of stdout. */
  async line(): Promise<string> {
    const { stdout } = this.#child
    assert.ok(stdout)
    while (!this.#out.includes('\n'))
      await Promise.race([
        once(stdout, 'data'),
        this.#closed.then(() => assert.fail(`ended early: ${this.#err}`)),
      ])
    return this.#out.slice(0, this.#out.indexOf('\n'))
  }

  /** The line of its log with this message. */
  async logged(message: string): Promise<string> {
    const { stderr } = this.#child
    assert.ok(stderr)
    for (;;) {
      const line = this.#err.split('\n').find((one) => one.includes(`"msg":"${message}"`))
      if (line !== undefined) return line
      await Promise.race([
        once(stderr, 'data'),
        this.#closed.then(() => assert.fail(`ended early: ${this.#err}`)),
      ])
    }
  }

  stop(signal: NodeJS.Signals): Promise<Result> {
    this.#child.kill(signal)
    return this.result()
  }

  async result(): Promise<Result> {
    await this.#closed
    return { code: this.#child.exitCode, out: this.#out, err: this.#err }
  }
}

const run = (args: readonly string[], env: Env = {}): Promise<Result> =>
  new Running(args, env).result()

const addressIn = (text: string): string => /smp:\/\/\S+/.exec(text)?.[0] ?? assert.fail(text)

const relayEnv = (name: string): Env => ({
  SLUICE_DATA_DIR: name,
  SLUICE_PORT: '0',
  SLUICE_OPS_PORT: '0',
})

describe('a relay', () => {
  test('starts, prints one line with its address, answers pings and stops cleanly', async () => {
    const relay = new Running(['start'], relayEnv('first'))
    const line = await relay.line()
    assert.match(line, /^Sluice is ready: smp:\/\/[\w-]{43}=@localhost:\d+$/)

    const pinged = await run(['ping', '--count', '2', addressIn(line)])
    assert.equal(pinged.code, 0, pinged.err)
    assert.equal(pinged.err, '')
    assert.match(
      pinged.out,
      new RegExp(
        [
          '^Connected    localhost:\\d+',
          'TLS          1\\.3, TLS_CHACHA20_POLY1305_SHA256 \\(\\d+\\.\\d\\d ms\\)',
          'Certificate  fingerprint matches; ed25519, 2 in the chain, valid until \\d{4}-\\d\\d-\\d\\d',
          'SMP          versions 6-18, agreed on 18 \\(\\d+\\.\\d\\d ms\\)',
          'Session      id of 32 bytes, encrypted blocks',
          'PING 1       \\d+\\.\\d\\d ms',
          'PING 2       \\d+\\.\\d\\d ms',
          'Round trip   min [\\d.]+ ms, median [\\d.]+ ms, max [\\d.]+ ms\n$',
        ].join('\n'),
      ),
    )

    const stopped = await relay.stop('SIGTERM')
    assert.equal(stopped.code, 0, stopped.err)
    assert.equal(stopped.out, `${line}\n`)
    const messages = stopped.err
      .trimEnd()
      .split('\n')
      .map((entry) => JSON.parse(entry).msg)
    assert.deepEqual(messages, ['made a new identity', 'ready', 'stopping', 'stopped'])
  })

  test('has the same identity at the next start, and stops on SIGINT', async () => {
    const first = new Running(['start'], relayEnv('kept'))
    const [, identity] = /smp:\/\/([^@]+)@/.exec(await first.line()) ?? []
    assert.equal((await first.stop('SIGINT')).code, 0)
    const second = new Running(['start'], relayEnv('kept'))
    assert.match(await second.line(), new RegExp(`smp://${identity}@`))
    assert.equal((await second.stop('SIGTERM')).code, 0)
  })

  test('does not show its password where logs are collected', async () => {
    await writeFile(join(directory, 'password'), 'swordfish\n')
    const env = { ...relayEnv('secret'), SLUICE_CREATE_PASSWORD_FILE: 'password' }
    const relay = new Running(['start'], { ...env, SLUICE_LOG_LEVEL: 'trace' })
    await relay.line()
    const { code, out, err } = await relay.stop('SIGTERM')
    assert.equal(code, 0)
    assert.doesNotMatch(out + err, /swordfish/)
    assert.match((await run(['address'], env)).out, /^smp:\/\/[\w-]{43}=:swordfish@localhost\n$/)
  })

  test('answers probes and scrapes until it is gone, on a port that its log names', async () => {
    const relay = new Running(['start'], { ...relayEnv('ops'), SLUICE_OPS_BIND: '127.0.0.1' })
    await relay.line()
    const { opsPort } = JSON.parse(await relay.logged('ready'))
    const url = `http://127.0.0.1:${opsPort}`
    for (const path of ['livez', 'readyz', 'startupz', 'version', 'metrics'])
      assert.equal((await fetch(`${url}/${path}`)).status, 200, path)
    assert.equal((await relay.stop('SIGTERM')).code, 0)
    await assert.rejects(fetch(`${url}/livez`))
  })

  test('has no such port where none is wanted', async () => {
    const relay = new Running(['start'], { ...relayEnv('no-ops'), SLUICE_OPS_PORT: 'off' })
    await relay.line()
    assert.ok(!('opsPort' in JSON.parse(await relay.logged('ready'))))
    assert.equal((await relay.stop('SIGTERM')).code, 0)
  })

  test('whose operations port is taken says so in one line, before it does anything', async () => {
    const other = createServer().listen(0)
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' ? `${address?.port}` : ''
    const env = { ...relayEnv('ops-taken'), SLUICE_OPS_PORT: port }
    const { code, out, err } = await run(['start'], env)
    other.close()
    assert.deepEqual([code, out], [1, ''])
    assert.equal(
      err,
      `sluice: port ${port} is in use: stop what uses it, or set SLUICE_OPS_PORT to another\n`,
    )
  })

  test('whose port is taken says so in one line', async () => {
    const other = createServer().listen(0)
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' ? `${address?.port}` : ''
    const { code, out, err } = await run(['start'], {
      SLUICE_DATA_DIR: 'taken',
      SLUICE_PORT: port,
      SLUICE_OPS_PORT: '0',
      SLUICE_LOG_LEVEL: 'warn',
    })
    other.close()
    assert.deepEqual(
      { code, out, err },
      {
        code: 1,
        out: '',
        err: `sluice: port ${port} is in use: stop what uses it, or set SLUICE_PORT to another\n`,
      },
    )
  })

  test('with a broken identity says so in one line, and does not make another', async () => {
    const env = { ...relayEnv('broken'), SLUICE_LOG_LEVEL: 'warn' }
    await run(['init'], env)
    await writeFile(join(directory, 'broken', 'server.key'), 'no key')
    const { code, out, err } = await run(['start'], env)
    assert.deepEqual({ code, out }, { code: 1, out: '' })
    assert.match(err, /^sluice: broken\/server\.key is not [^\n]+\n$/)
  })
})

describe('an identity', () => {
  const env = { SLUICE_HOST: 'smp.example.org,abc2.onion', SLUICE_DATA_DIR: 'identity' }

  test('is made once, renewed, checked, and printed', async () => {
    const absent = await run(['address'], env)
    assert.equal(absent.code, 1)
    assert.match(absent.err, /^sluice: no identity in identity: 'sluice init' makes one[^\n]*\n$/)
    assert.deepEqual(await run(['check'], env), {
      code: 0,
      out: 'Configuration: good\nIdentity:      none in identity yet; the first start makes one\n',
      err: '',
    })

    const made = await run(['init', '--algorithm', 'ed448'], env)
    assert.equal(made.code, 0, made.err)
    const address = addressIn(made.out)
    assert.match(address, /^smp:\/\/[\w-]{43}=@smp\.example\.org,abc2\.onion:5223$/)
    assert.match(made.out, new RegExp(`^Fingerprint: ${address.slice(6, 50)}$`, 'm'))
    const files = (await readdir(join(directory, 'identity'))).toSorted()
    assert.deepEqual(files, ['ca.crt', 'ca.key', 'server.crt', 'server.key'])
    assert.equal((await stat(join(directory, 'identity/ca.key'))).mode & 0o77, 0)

    const again = await run(['init'], env)
    assert.equal(again.code, 1)
    assert.match(again.err, /^sluice: identity holds an identity[^\n]+\n$/)

    const renewed = await run(['cert'], env)
    assert.equal(renewed.code, 0, renewed.err)
    assert.match(renewed.out, /^Renewed server\.crt in identity, valid until \d{4}-\d\d-\d\d; /)
    assert.deepEqual(await run(['address'], env), { code: 0, out: `${address}\n`, err: '' })

    const checked = await run(['check'], env)
    assert.equal(checked.code, 0, checked.err)
    assert.match(
      checked.out,
      /^Configuration: good\nIdentity: +good, valid until [^\n]+\nAddress: /,
    )
    assert.equal(addressIn(checked.out), address)
  })

  test('for other hosts than the configuration has comes with advice', async () => {
    const { code, out } = await run(['init', '--host', 'a.example,b.example'], {
      SLUICE_DATA_DIR: 'elsewhere',
    })
    assert.equal(code, 0)
    assert.match(addressIn(out), /@a\.example,b\.example:5223$/)
    assert.match(out, /^Set SLUICE_HOST=a\.example,b\.example so that/m)
  })

  test('is checked even where the configuration is wrong', async () => {
    await run(['init'], { SLUICE_DATA_DIR: 'partial' })
    await rm(join(directory, 'partial/server.crt'))
    await writeFile(join(directory, 'wrong.env'), 'SLUICE_QUEUE_QUOTA=0\nSLUICE_DATA_DIR=partial\n')
    const { code, out, err } = await run(['check'], { SLUICE_CONFIG: 'wrong.env' })
    assert.deepEqual({ code, out }, { code: 1, out: '' })
    assert.deepEqual(err.match(/^sluice: \S+/gm), [
      'sluice: SLUICE_QUEUE_QUOTA',
      'sluice: partial/server.crt',
    ])
  })
})

describe('ping', () => {
  test('refuses a server with another identity, and says which', async () => {
    const relay = new Running(['start'], relayEnv('pinged'))
    const address = addressIn(await relay.line())
    const own = address.slice(6, 50)
    const other = `smp://${'A'.repeat(43)}=@${address.split('@')[1]}`
    const { code, out, err } = await run(['ping', '--json', other])
    assert.equal(code, 1)
    assert.match(err, /^sluice: localhost:\d+ shows the identity [^\n]+\n$/)
    assert.ok(err.includes(own))
    const report = JSON.parse(out)
    assert.equal(report.ok, false)
    assert.equal(report.certificate.fingerprint, own)
    assert.deepEqual(report.roundTripsMs, [])
    await relay.stop('SIGTERM')
  })

  test('goes on to the next host, and prints JSON on request', async () => {
    const env = { ...relayEnv('second-host'), SLUICE_BIND: '127.0.0.1' }
    const relay = new Running(['start'], env)
    const address = addressIn(await relay.line()).replace('@localhost', '@[::1],127.0.0.1')
    const { code, out, err } = await run(['ping', '--json', '-c', '3', address])
    assert.deepEqual({ code, err }, { code: 0, err: '' })
    const report = JSON.parse(out)
    assert.equal(report.ok, true)
    assert.equal(report.host, '127.0.0.1')
    assert.deepEqual(report.offeredVersions, { min: 6, max: 18 })
    assert.equal(report.session.version, 18)
    assert.equal(report.roundTripsMs.length, 3)
    await relay.stop('SIGTERM')
  })

  test('that is interrupted ends with the exit code of a shell', async () => {
    // accepts and never answers
    const silent = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const address = silent.address()
    const port = typeof address === 'object' ? address?.port : 0
    const ping = new Running(['ping', `smp://${'A'.repeat(43)}=@127.0.0.1:${port}`], {})
    const [socket] = await once(silent, 'connection')
    const { code, err } = await ping.stop('SIGINT')
    socket.destroy()
    silent.close()
    assert.deepEqual({ code, err }, { code: 130, err: '' })
  })
})

describe('demo', () => {
  const talk = new RegExp(
    [
      '^1\\.   Alice and Bob connect, [^\n]+ SMP version 18 [^\n]+',
      '2\\.   Alice makes a queue [^\n]+',
      '     smp://[\\w-]{43}=@localhost:\\d+/[\\w-]+#/\\?v=1-4&dh=[^\n]+',
      '3\\.   Bob takes the link [^\n]+',
      '     [^\n]+',
      '     [^\n]+',
      '4\\.   Alice to Bob, delivered and decrypted [^\n]+',
      '     "Hello Bob! Only you can read this\\."',
      '5\\.   Bob to Alice, delivered and decrypted [^\n]+',
      '     "Hello Alice! Loud and clear\\."',
      '6\\.   Both leave, and their queues are deleted',
      'The server works\\.\n$',
    ].join('\n'),
  )

  test('shows a message delivered from end to end', async () => {
    const relay = new Running(['start'], relayEnv('demo'))
    const { code, out, err } = await run(['demo', addressIn(await relay.line())])
    assert.deepEqual({ code, err }, { code: 0, err: '' })
    assert.match(out, talk)
    assert.equal((await relay.stop('SIGTERM')).code, 0)
  })

  test('takes the address and the password of the relay that is here', async () => {
    const env = { SLUICE_DATA_DIR: 'demo-here', SLUICE_CREATE_PASSWORD: 'swordfish' }
    const relay = new Running(['start'], { ...env, SLUICE_PORT: '0', SLUICE_OPS_PORT: '0' })
    const address = addressIn(await relay.line())
    const SLUICE_PORT = address.replace(/^.*:/, '')
    const { code, out, err } = await run(['demo'], { ...env, SLUICE_PORT })
    assert.deepEqual({ code, err }, { code: 0, err: '' })
    assert.match(out, talk)
    const refused = await run(['demo', address])
    assert.equal(refused.code, 1)
    assert.match(refused.err, /^sluice: localhost:\d+ makes no queue for us \(AUTH\): [^\n]+\n$/)
    await relay.stop('SIGTERM')
  })

  test('without an address or a relay says how to get one', async () => {
    const { code, out, err } = await run(['demo'], { SLUICE_DATA_DIR: 'none' })
    assert.deepEqual({ code, out }, { code: 1, out: '' })
    assert.match(err, /^sluice: no address is given[^\n]+ run 'sluice start'[^\n]+\n$/)
  })

  test('names the reason of every host', async () => {
    const hash = 'A'.repeat(43)
    const { code, err } = await run(['demo', `smp://${hash}=@127.0.0.1,[::1]:1`])
    assert.equal(code, 1)
    assert.match(
      err,
      /^sluice: 127\.0\.0\.1:1 cannot be reached: [^\n]+\nsluice: \[::1\]:1 cannot be reached: [^\n]+\n$/,
    )
  })
})
