/** The Job of a trial, with the rights that the chart gives it, against a real API server. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { hash, randomUUID, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { promisify } from 'node:util'
import { type ApiServer, startApiServer } from './support/api-server.ts'
import { at, chartFolder, listAt, type Manifest, one, render, root } from './support/chart.ts'
import { tool } from './support/tools.ts'
import { external } from './support/values.ts'

const run = promisify(execFile)
const jobKinds = ['ServiceAccount', 'Role', 'RoleBinding']

suite('the secrets of a trial', () => {
  let server: ApiServer
  let folder = ''
  let token = ''

  const secrets = '/api/v1/namespaces/smp/secrets'
  const read = async (name: string): Promise<Readonly<Record<string, string>> | undefined> => {
    const { status, body } = await server.call({ method: 'GET', path: `${secrets}/${name}` })
    const data = (body as { data: Record<string, string> }).data
    if (status !== 200) return undefined
    return Object.fromEntries(
      Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]),
    )
  }
  const remove = (name: string) =>
    server.call({ method: 'DELETE', path: `${secrets}/${name}` }).then(({ status }) => status)

  const makeSecrets = async (): Promise<string> => {
    const job = one(render({}), 'Job')
    const container = at(job, 'spec.template.spec.containers.0')
    const [, script] = listAt(container, 'command').map(String)
    assert.equal(script, '/scripts/make-secrets.js')
    writeFileSync(join(folder, 'token'), `${token}\n`)
    writeFileSync(join(folder, 'namespace'), 'smp')
    const args = [
      join(chartFolder, 'files/make-secrets.js'),
      ...listAt(container, 'args').map(String),
      `--sluice=${join(root, 'bin/sluice.js')}`,
      `--account=${folder}`,
    ]
    const { stdout } = await run(process.execPath, args, {
      env: {
        ...process.env,
        KUBERNETES_SERVICE_HOST: '127.0.0.1',
        KUBERNETES_SERVICE_PORT: String(server.port),
        NODE_EXTRA_CA_CERTS: server.authority,
        // made by sluice init
        SLUICE_DATA_DIR: join(folder, randomUUID()),
        SLUICE_HOST: 'smp.example.org',
      },
    })
    return stdout
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-secrets-'))
    server = await startApiServer()
    await server.applied({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'smp' } })
    const own = ({ kind, metadata }: Manifest) =>
      jobKinds.includes(kind) && metadata.name === 'sluice-secrets'
    for (const manifest of render({}).filter(own)) await server.applied(manifest)
    const { body } = await server.call({
      method: 'POST',
      path: '/api/v1/namespaces/smp/serviceaccounts/sluice-secrets/token',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
    })
    token = String(at(body, 'status.token'))
  })
  after(async () => {
    await server[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  test('are made once, and stay', async () => {
    const first = await makeSecrets()
    assert.equal(first.match(/^made Secret/gm)?.length, 4)
    const names = ['identity', 'authority', 'cluster-key', 'valkey'].map((end) => `sluice-${end}`)
    const made = await Promise.all(names.map(read))
    const [identity, authority, clusterKey, valkey] = made
    assert.deepEqual(Object.keys(identity ?? {}).sort(), ['ca.crt', 'server.crt', 'server.key'])
    assert.match(authority?.['ca.key'] ?? '', /PRIVATE KEY/)
    assert.match(clusterKey?.['cluster-key'] ?? '', /^[0-9a-f]{64}$/)
    assert.match(valkey?.['redis-password'] ?? '', /^[0-9a-f]{64}$/)
    const second = await makeSecrets()
    assert.equal(second.match(/is there, and stays as it is/g)?.length, 3)
    assert.doesNotMatch(second, /^made/m)
    assert.deepEqual(await Promise.all(names.map(read)), made)
  })

  test('hold a certificate for the host, signed by the authority', async () => {
    await makeSecrets()
    const identity = await read('sluice-identity')
    const leaf = new X509Certificate(identity?.['server.crt'] ?? '')
    const authority = new X509Certificate(identity?.['ca.crt'] ?? '')
    assert.ok(leaf.verify(authority.publicKey))
    assert.match(leaf.subject, /smp\.example\.org/)
  })

  test('are made again from the authority, where a first run ended after it', async () => {
    await makeSecrets()
    const before = await read('sluice-identity')
    assert.equal(await remove('sluice-identity'), 200)
    await makeSecrets()
    assert.deepEqual(await read('sluice-identity'), before)
  })

  test('are of one identity where several Jobs run at a time', async () => {
    for (const name of ['sluice-identity', 'sluice-authority']) await remove(name)
    await Promise.all([makeSecrets(), makeSecrets(), makeSecrets()])
    const [identity, authority] = [await read('sluice-identity'), await read('sluice-authority')]
    for (const file of ['ca.crt', 'server.crt', 'server.key'])
      assert.equal(identity?.[file], authority?.[file], file)
  })

  test('cannot be read or changed with the rights of the Job', async () => {
    await makeSecrets()
    const allowed = async (method: 'GET' | 'DELETE', path: string) =>
      (await server.call({ method, path, token })).status
    assert.equal(await allowed('GET', secrets), 403)
    for (const name of ['sluice-identity', 'sluice-cluster-key', 'sluice-valkey'])
      assert.equal(await allowed('GET', `${secrets}/${name}`), 403, name)
    assert.equal(await allowed('DELETE', `${secrets}/sluice-authority`), 403)
    assert.equal(await allowed('GET', '/api/v1/namespaces/smp/pods'), 403)
  })

  for (const program of ['helm', 'helm4'])
    test(`are what the notes of ${program} take the address from`, async () => {
      await makeSecrets()
      const identity = await read('sluice-identity')
      const { raw } = new X509Certificate(identity?.['ca.crt'] ?? '')
      const fingerprint = hash('sha256', raw, 'base64url')
      const args = ['install', 'sluice', chartFolder, '--namespace=smp', '--dry-run=server']
      const { stdout } = await run(
        tool(program),
        [
          ...args,
          `--kubeconfig=${server.kubeconfig()}`,
          '--set',
          'hosts={smp.example.org,b.example.org}',
        ],
        { maxBuffer: 1e8 },
      )
      const notes = stdout.slice(stdout.indexOf('NOTES:'))
      assert.ok(notes.includes(`smp://${fingerprint}=@smp.example.org,b.example.org\n`), notes)
    })

  test('are not asked for where they are given', () => {
    assert.equal(render(external).filter(({ kind }) => kind === 'Job').length, 0)
  })
})
