/** Redis behind TLS, with a certificate of an authority that no system knows. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openssl } from '../support/openssl.ts'
import { type Place, serverArgs, startServer } from '../support/redis/server.ts'
import { checkOpens, checkRefusal } from './opening.ts'

const NEW_KEY = '-newkey rsa:2048 -nodes'

const makeAuthority = async (directory: string): Promise<string> => {
  openssl(directory, `req -x509 ${NEW_KEY} -days 2 -subj /CN=authority -keyout ca.key -out ca.crt`)
  return readFile(join(directory, 'ca.crt'), 'utf8')
}

const makeCertificate = async (directory: string): Promise<void> => {
  await writeFile(join(directory, 'names'), 'subjectAltName = IP:127.0.0.1\n')
  openssl(directory, `req ${NEW_KEY} -subj /CN=redis -keyout server.key -out server.csr`)
  openssl(
    directory,
    'x509 -req -days 2 -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile names -out server.crt',
  )
}

const tlsArgs = ({ port, directory }: Place): readonly string[] => [
  ...serverArgs({ port, directory }),
  ...['--port', '0', '--tls-port', `${port}`],
  ...['--tls-cert-file', join(directory, 'server.crt')],
  ...['--tls-key-file', join(directory, 'server.key')],
  ...['--tls-ca-cert-file', join(directory, 'ca.crt')],
  ...['--tls-auth-clients', 'no'],
]

let ca = ''
const server = await startServer(async (place) => {
  ca = await makeAuthority(place.directory)
  await makeCertificate(place.directory)
  return tlsArgs(place)
})
after(() => server.stop())
const url = `rediss://127.0.0.1:${server.port}`

test('with the authority of its certificate it is used', () => checkOpens({ url, ca }))

test('the system does not know the authority', () => checkRefusal({ url }, /certificate/))

test('another authority is not this one', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-authority-'))
  t.after(() => rm(directory, { recursive: true }))
  await checkRefusal({ url, ca: await makeAuthority(directory) }, /certificate/)
})

test('the certificate has to name the host', () =>
  checkRefusal({ url: `rediss://localhost:${server.port}`, ca }, /certificate/))

test('a client without TLS is refused', () =>
  checkRefusal({ url: `redis://127.0.0.1:${server.port}` }, /Redis/))
