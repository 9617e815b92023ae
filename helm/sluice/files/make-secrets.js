// Makes the Secrets of a trial, each once. What is there already is never read, changed or overwritten, but the
// authority: should an earlier run have ended after it, the identity is made from it.
//
//   node make-secrets.js [--identity=NAME --authority=NAME] [--cluster-key=NAME] [--redis-password=NAME]
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const KEY_BYTES = 32
const identityFiles = ['ca.crt', 'server.crt', 'server.key']
const string = { type: 'string' }
const { values } = parseArgs({
  options: {
    identity: string,
    authority: string,
    'cluster-key': string,
    'redis-password': string,
    sluice: { ...string, default: '/app/bin/sluice.js' },
    account: { ...string, default: '/var/run/secrets/kubernetes.io/serviceaccount' },
  },
})
const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '443' } = process.env
const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`
const accountFile = (name) => readFileSync(join(values.account, name), 'utf8').trim()
const path = `/api/v1/namespaces/${accountFile('namespace')}/secrets`

const ask = async (method, where, body) => {
  const response = await fetch(server + where, {
    method,
    headers: {
      authorization: `Bearer ${accountFile('token')}`,
      'content-type': 'application/json',
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(20_000),
  })
  const answer = await response.json()
  if (response.ok) return answer
  if (response.status === 404 || response.status === 409) return undefined
  throw new Error(`${method} ${where}: ${answer.message ?? response.status}`)
}

/** Whether it was made now: only one of several that try at a time makes it. */
const create = async (name, data) => {
  const metadata = { name, labels: { 'app.kubernetes.io/part-of': 'sluice' } }
  const made = await ask('POST', path, { apiVersion: 'v1', kind: 'Secret', metadata, data })
  console.log(made ? `made Secret ${name}` : `Secret ${name} is there, and stays as it is`)
  return made !== undefined
}
const base64 = (bytes) => Buffer.from(bytes).toString('base64')

const newIdentity = () => {
  const { SLUICE_DATA_DIR: folder } = process.env
  execFileSync(process.execPath, [values.sluice, 'init'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return Object.fromEntries(
    readdirSync(folder).map((file) => [file, base64(readFileSync(join(folder, file)))]),
  )
}

const makeIdentity = async ({ identity, authority }) => {
  const read = () => ask('GET', `${path}/${authority}`)
  const kept = (await read())?.data
  if (kept === undefined) await create(authority, newIdentity())
  const { data } = kept === undefined ? await read() : { data: kept }
  await create(identity, Object.fromEntries(identityFiles.map((file) => [file, data[file]])))
}

const randomHex = () => base64(randomBytes(KEY_BYTES).toString('hex'))

if (values.identity) await makeIdentity(values)
for (const key of ['cluster-key', 'redis-password'])
  if (values[key]) await create(values[key], { [key]: randomHex() })
