/** A Kubernetes API server as clusters have it, with its etcd; nothing runs what it is given. */
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Manifest } from './chart.ts'
import { freePort, Program } from './programs.ts'
import { tool } from './tools.ts'

export interface Answer {
  readonly status: number
  readonly body: unknown
  /** Texts of `Warning` headers, as kubectl shows them. */
  readonly warnings: readonly string[]
}

interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  readonly token?: string
}

const messageOf = (body: unknown): string =>
  typeof body === 'object' && body !== null && 'message' in body ? String(body.message) : ''

export class ApiServer implements AsyncDisposable {
  readonly port: number
  readonly directory: string
  readonly token: string
  readonly authority: string
  readonly #parts: AsyncDisposableStack
  readonly #collections = new Map<string, Promise<ReadonlyMap<string, Resource>>>()

  constructor(parts: AsyncDisposableStack, place: Place) {
    this.#parts = parts
    this.port = place.port
    this.directory = place.directory
    this.token = place.token
    this.authority = join(place.directory, 'certificates', 'apiserver.crt')
  }

  call({ method, path, body, token = this.token }: Call): Promise<Answer> {
    const isPatch = method === 'PATCH'
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': isPatch ? 'application/apply-patch+yaml' : 'application/json',
    }
    const ca = readFileSync(this.authority)
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const sent = request(
      { host: '127.0.0.1', port: this.port, path, method, headers, ca, agent: false },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          const isJson = response.headers['content-type']?.includes('json') ?? false
          const warning = response.headersDistinct.warning ?? []
          resolve({
            status: response.statusCode ?? 0,
            body: isJson ? JSON.parse(text) : text,
            warnings: warning.map((line) => JSON.parse(line.replace(/^299 \S+ /, ''))),
          })
        })
      },
    )
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
    return promise
  }

  async #collection(apiVersion: string, kind: string): Promise<Resource> {
    const isReady = await this.#resources(apiVersion)
    const resource = isReady.get(kind)
    if (resource === undefined) throw new Error(`the server has no ${apiVersion} ${kind}`)
    return resource
  }

  #resources(apiVersion: string): Promise<ReadonlyMap<string, Resource>> {
    let found = this.#collections.get(apiVersion)
    if (found === undefined) {
      found = this.#discover(apiVersion)
      this.#collections.set(apiVersion, found)
    }
    return found
  }

  async #discover(apiVersion: string): Promise<ReadonlyMap<string, Resource>> {
    const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
    const { status, body } = await this.call({ method: 'GET', path: base })
    if (status !== 200) throw new Error(`${base}: ${messageOf(body)}`)
    const { resources } = body as { resources: readonly DiscoveredResource[] }
    return new Map(
      resources
        .filter(({ name }) => !name.includes('/'))
        .map(({ kind, name, namespaced }) => [kind, { base, name, namespaced }]),
    )
  }

  /** Server-side apply, which every field must be known to. */
  async apply(manifest: Manifest, { dryRun = false } = {}): Promise<Answer> {
    const { apiVersion, kind, metadata } = manifest
    const { base, name, namespaced } = await this.#collection(apiVersion, kind)
    const place = namespaced ? `/namespaces/${metadata.namespace ?? 'default'}` : ''
    const query = `fieldManager=test&force=true&fieldValidation=Strict${dryRun ? '&dryRun=All' : ''}`
    const path = `${base}${place}/${name}/${metadata.name}?${query}`
    return this.call({ method: 'PATCH', path, body: manifest })
  }

  /** Fails with the server's words. */
  async applied(manifest: Manifest, options = {}): Promise<Answer> {
    const answer = await this.apply(manifest, options)
    const { kind, metadata } = manifest
    if (answer.status >= 300)
      throw new Error(`${kind} ${metadata.name}: ${messageOf(answer.body) || answer.status}`)
    return answer
  }

  /** For programs that connect as kubectl does; gives the path. */
  kubeconfig(): string {
    const path = join(this.directory, 'kubeconfig')
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      clusters: [
        {
          name: 'test',
          cluster: {
            server: `https://127.0.0.1:${this.port}`,
            'certificate-authority': this.authority,
          },
        },
      ],
      users: [{ name: 'test', user: { token: this.token } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    }
    writeFileSync(path, JSON.stringify(config))
    return path
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync()
  }
}

interface Resource {
  readonly base: string
  readonly name: string
  readonly namespaced: boolean
}
interface DiscoveredResource {
  readonly name: string
  readonly kind: string
  readonly namespaced: boolean
}
interface Place {
  readonly port: number
  readonly directory: string
  readonly token: string
}

const startEtcd = async (parts: AsyncDisposableStack, directory: string): Promise<string> => {
  const [client, peer] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${client}`
  const peerUrl = `http://127.0.0.1:${peer}`
  const etcd = new Program(tool('etcd'), [
    `--data-dir=${join(directory, 'etcd')}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=default=${peerUrl}`,
    '--unsafe-no-fsync',
  ])
  parts.use(etcd)
  await etcd.until('etcd does not answer', async () => (await fetch(`${url}/health`)).ok)
  return url
}

const serverArgs = ({ port, directory, token }: Place, etcdUrl: string): readonly string[] => {
  const key = join(directory, 'tokens.key')
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  writeFileSync(join(directory, 'tokens.csv'), `${token},test,test,system:masters\n`)
  mkdirSync(join(directory, 'certificates'))
  return [
    `--etcd-servers=${etcdUrl}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${join(directory, 'certificates')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    `--token-auth-file=${join(directory, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    '--service-cluster-ip-range=10.96.0.0/16,fd00::/108',
    '--endpoint-reconciler-type=none',
  ]
}

export const startApiServer = async (): Promise<ApiServer> => {
  await using parts = new AsyncDisposableStack()
  const directory = mkdtempSync(join(tmpdir(), 'sluice-kube-'))
  parts.defer(() => rmSync(directory, { recursive: true, force: true }))
  const etcdUrl = await startEtcd(parts, directory)
  const place = { port: await freePort(), directory, token: randomUUID() }
  const program = parts.use(new Program(tool('kube-apiserver'), serverArgs(place, etcdUrl)))
  const server = new ApiServer(parts.move(), place)
  try {
    await program.until('the API server is not ready', async () => {
      const { status } = await server.call({ method: 'GET', path: '/readyz' })
      return status === 200
    })
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
  return server
}
