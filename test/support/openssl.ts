/** Identities made by the openssl program with the configuration that `smp-server init` uses. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SignAlgorithm } from '../../src/crypto/provider.ts'

const authorityConfig = `
[req]
distinguished_name = req_distinguished_name
prompt = no
x509_extensions = v3

[req_distinguished_name]
CN = SMP server CA
O = SimpleX

[v3]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
basicConstraints = critical,CA:true
`

const serverConfig = (host: string): string => `
[req]
distinguished_name = req_distinguished_name
prompt = no

[req_distinguished_name]
CN = ${host}

[v3]
basicConstraints = CA:FALSE
keyUsage = digitalSignature, nonRepudiation, keyAgreement
extendedKeyUsage = serverAuth
`

export const openssl = (directory: string, command: string): string =>
  execFileSync('openssl', command.split(' '), { cwd: directory, encoding: 'utf8', stdio: 'pipe' })

/** ca.key, ca.crt, server.key, server.csr and server.crt; any further options go to the leaf's key. */
export const makeReferenceIdentity = (
  directory: string,
  options: { readonly algorithm: SignAlgorithm; readonly days?: number },
): void => {
  const { algorithm, days = 999_999 } = options
  writeFileSync(join(directory, 'openssl_ca.conf'), authorityConfig)
  writeFileSync(join(directory, 'openssl_server.conf'), serverConfig('smp.example.org'))
  const run = (command: string) => openssl(directory, command)
  run(`genpkey -algorithm ${algorithm} -out ca.key`)
  run('req -new -x509 -days 999999 -config openssl_ca.conf -extensions v3 -key ca.key -out ca.crt')
  run(`genpkey -algorithm ${algorithm} -out server.key`)
  run('req -new -config openssl_server.conf -reqexts v3 -key server.key -out server.csr')
  run(
    `x509 -req -days ${days} -extfile openssl_server.conf -extensions v3 -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out server.crt`,
  )
}
