/** Files that change below the real program, with connections that stay. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { connectSmp, openClient, type SmpConnection } from '../../src/client/index.ts'
import { createIdentity } from '../../src/identity/identity.ts'
import type { ServerAddress } from '../../src/protocol/address.ts'
import { RunningRelay } from '../support/running.ts'
import { makeWebCertificate } from '../support/web-certificate.ts'

const root = mkdtempSync(join(tmpdir(), 'sluice-reload-'))
after(() => rmSync(root, { recursive: true }))
const sluice = fileURLToPath(new URL('../../bin/sluice.js', import.meta.url))

/** As Kubernetes mounts secrets: all files of a version at once, by the swap of one link. */
class Mount {
  readonly #path: string
  #version = 0

  constructor(path: string) {
    this.#path = path
  }

  at(file: string): string {
    return join(this.#path, file)
  }

  put(files: Readonly<Record<string, string>>): void {
    this.#version += 1
    const version = `..${this.#version}`
    mkdirSync(this.at(version), { recursive: true })
    for (const [file, text] of Object.entries(files)) {
      writeFileSync(this.at(join(version, file)), text)
      if (this.#version === 1) symlinkSync(join('..data', file), this.at(file))
    }
    symlinkSync(version, this.at('..data_tmp'))
    renameSync(this.at('..data_tmp'), this.at('..data'))
  }
}

const canCreate = async (address: ServerAddress, password?: string): Promise<boolean> => {
  await using client = await openClient({ address: { ...address, ...(password && { password }) } })
  try {
    await client.createQueue()
    return true
  } catch {
    return false
  }
}

let scene = 0
let directory = ''
let config = ''
const configure = (lines: string): void => writeFileSync(config, lines)
const start = (env: Readonly<Record<string, string>> = {}): RunningRelay =>
  new RunningRelay({ SLUICE_DATA_DIR: join(directory, 'data'), SLUICE_CONFIG: config, ...env })

before(() =>
  createIdentity({ directory: join(root, 'made'), hosts: ['localhost'], algorithm: 'Ed25519' }),
)
beforeEach(() => {
  scene += 1
  directory = join(root, `${scene}`)
  config = join(directory, 'relay.env')
  cpSync(join(root, 'made'), join(directory, 'data'), { recursive: true })
  configure('')
})

const ping = (connection: SmpConnection) => connection.request({ tag: 'PING' })

describe('a relay takes over', { timeout: 120_000 }, () => {
  test('a password that Kubernetes swaps', async () => {
    const mount = new Mount(join(directory, 'secret'))
    mount.put({ password: 'one' })
    await using relay = start({ SLUICE_CREATE_PASSWORD_FILE: mount.at('password') })
    const address = await relay.address()
    const connection = await connectSmp({ address })
    assert.equal(await canCreate(address, 'one'), true)
    mount.put({ password: 'two' })
    const { variables } = await relay.says('settings were reloaded')
    assert.deepEqual(variables, ['SLUICE_CREATE_PASSWORD'])
    assert.deepEqual(
      [await canCreate(address, 'one'), await canCreate(address, 'two')],
      [false, true],
    )
    await ping(connection)
    assert.ok(!JSON.stringify(relay.log).includes('"two"'))
  })

  test('a server certificate that was renewed, but not another identity', async () => {
    await using relay = start()
    const address = await relay.address()
    const connection = await connectSmp({ address })
    const env = { PATH: process.env.PATH, SLUICE_DATA_DIR: join(directory, 'data') }
    await promisify(execFile)(process.execPath, [sluice, 'cert'], { env })
    await relay.says('the server certificate was renewed')
    // the client looks whether TLS and hello agree
    await using fresh = await connectSmp({ address })
    await ping(fresh)
    const other = join(directory, 'other')
    await createIdentity({ directory: other, hosts: ['localhost'], algorithm: 'Ed25519' })
    cpSync(other, join(directory, 'data'), { recursive: true })
    const refusal = 'the server certificate has changed and is not valid: the old one stays'
    const { reason } = await relay.says(refusal)
    assert.match(String(reason), /another identity|not signed by|not the key of/)
    await using again = await connectSmp({ address })
    for (const one of [connection, again]) await ping(one)
  })

  test('at SIGHUP what a file of settings says, and names what needs a restart', async () => {
    await using relay = start()
    const address = await relay.address()
    const connection = await connectSmp({ address })
    relay.signal('SIGHUP')
    await relay.says('reloaded: nothing has changed')
    configure('SLUICE_NEW_QUEUES=off\nSLUICE_LOG_LEVEL=debug\nSLUICE_SMP_VERSIONS=6-17\n')
    relay.signal('SIGHUP')
    const { variables } = await relay.says('settings were reloaded')
    assert.deepEqual(variables, ['SLUICE_NEW_QUEUES', 'SLUICE_LOG_LEVEL'])
    const waiting = await relay.says('changed settings that need a restart')
    assert.deepEqual(waiting.variables, ['SLUICE_SMP_VERSIONS'])
    assert.ok(!JSON.stringify(waiting).includes('6-17'))
    assert.equal(await canCreate(address), false)
    await ping(connection)
  })

  test('nothing of what is wrong, one line each', async () => {
    configure('SLUICE_QUEUE_QUOTA=7\n')
    await using relay = start()
    const address = await relay.address()
    configure('SLUICE_QUEUE_QUOTA=none\nSLUICE_NEW_QUEUES=off\nSLUICE_QUTA=1\n')
    const message = 'the settings have changed and are not valid: the old ones stay'
    await relay.says(message, 1)
    const problems = relay.log
      .filter(({ msg }) => msg === message)
      .map(({ problem }) => `${problem}`)
    assert.equal(problems.length, 2)
    assert.match(problems.join('\n'), /SLUICE_QUTA.*\n.*SLUICE_QUEUE_QUOTA/)
    assert.equal(await canCreate(address), true)
    configure('SLUICE_QUEUE_QUOTA=7\nSLUICE_NEW_QUEUES=off\n')
    await relay.says('settings were reloaded')
    assert.equal(await canCreate(address), false)
  })

  test('a web certificate once both of its files are new', async () => {
    const [one, two] = [makeWebCertificate(), makeWebCertificate('RSA')]
    const [cert, key] = [join(directory, 'web.crt'), join(directory, 'web.key')]
    writeFileSync(cert, one.chainPem)
    writeFileSync(key, one.keyPem)
    await using relay = start({ SLUICE_WEB_CERT: cert, SLUICE_WEB_KEY: key })
    const connection = await connectSmp({ address: await relay.address() })
    writeFileSync(cert, two.chainPem.slice(0, 300))
    await relay.says('the web certificate has changed and is not valid: the old one stays')
    writeFileSync(cert, two.chainPem)
    writeFileSync(key, two.keyPem)
    await relay.says('the web certificate was renewed')
    await ping(connection)
  })
})
