import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { createSecureContext } from 'node:tls'
import { nativeCrypto } from '../../../src/crypto/native.ts'
import { fingerprintOf, verifyServerChain } from '../../../src/identity/chain.ts'
import {
  createIdentity,
  loadIdentity,
  renewServerCertificate,
} from '../../../src/identity/identity.ts'
import { IdentityError } from '../../../src/identity/identity-error.ts'
import { reissued } from '../../support/certificates.ts'
import { makeReferenceIdentity, openssl } from '../../support/openssl.ts'

const hosts = ['smp.example.org', 'other.example.org']
const files = ['ca.crt', 'ca.key', 'server.crt', 'server.key'] as const

const root = await mkdtemp(join(tmpdir(), 'sluice-identity-'))
after(() => rm(root, { recursive: true }))

const newDirectory = (): Promise<string> => mkdtemp(join(root, 'data-'))

const newIdentity = async (algorithm: 'Ed25519' | 'Ed448' = 'Ed25519'): Promise<string> => {
  const directory = await newDirectory()
  await createIdentity({ directory, hosts, algorithm })
  return directory
}

const contents = async (directory: string): Promise<Record<string, string>> => {
  const names = await readdir(directory)
  const texts = names.map(async (name) => [name, await readFile(join(directory, name), 'utf8')])
  return Object.fromEntries(await Promise.all(texts))
}

const fails = (work: Promise<unknown>, message: RegExp): Promise<void> =>
  assert.rejects(work, (error) => {
    assert.ok(error instanceof IdentityError, String(error))
    assert.match(error.message, message)
    assert.ok(!error.message.includes('\n'))
    assert.match(error.message, /: \w/, 'says what to do')
    return true
  })

for (const algorithm of ['Ed25519', 'Ed448'] as const)
  describe(`identity of ${algorithm}`, () => {
    it('is created and loads whole', async () => {
      const directory = await newIdentity(algorithm)
      const identity = await loadIdentity(directory)
      const authority = new X509Certificate(await readFile(join(directory, 'ca.crt')))
      assert.equal(
        Buffer.from(identity.fingerprint).toString('hex'),
        authority.fingerprint256.replaceAll(':', '').toLowerCase(),
      )
      assert.deepEqual(identity.chainDer[1], new Uint8Array(authority.raw))
      const leaf = new X509Certificate(identity.chainDer[0])
      assert.equal(leaf.subject, 'CN=smp.example.org')
      assert.equal(identity.leafKey.algorithm, algorithm)
      assert.ok(createSecureContext({ cert: identity.chainPem, key: identity.keyPem }))
      assert.equal(identity.chainPem.match(/BEGIN CERTIFICATE/g)?.length, 2)
      assert.equal(identity.notAfter.getUTCFullYear(), 4764)
    })

    it('has a chain that clients accept, and the key of its leaf', async () => {
      const identity = await loadIdentity(await newIdentity(algorithm))
      assert.deepEqual(fingerprintOf(identity.chainDer), identity.fingerprint)
      const { leafKey } = verifyServerChain(identity.chainDer, identity.fingerprint, new Date())
      const message = new TextEncoder().encode('session key')
      const signature = nativeCrypto.sign(identity.leafKey, message)
      assert.ok(nativeCrypto.verify(leafKey, message, signature))
    })

    it('has the fields of the reference, as openssl reads them', async () => {
      const [ours, reference] = [await newIdentity(algorithm), await newDirectory()]
      makeReferenceIdentity(reference, { algorithm })
      for (const file of ['ca.crt', 'server.crt']) {
        const read = (directory: string) =>
          openssl(
            directory,
            `x509 -in ${file} -noout -subject -issuer -ext basicConstraints,keyUsage,extendedKeyUsage`,
          )
        assert.equal(read(ours), read(reference))
        const keyIds =
          /Subject Key Identifier:\s+[0-9A-F:]{59}[\s\S]*Authority Key Identifier:\s+[0-9A-F:]{59}/
        assert.match(openssl(ours, `x509 -in ${file} -noout -text`), keyIds)
      }
      assert.match(openssl(ours, 'verify -CAfile ca.crt server.crt'), /OK/)
    })

    it('made by the reference loads as it is', async () => {
      const directory = await newDirectory()
      makeReferenceIdentity(directory, { algorithm })
      const identity = await loadIdentity(directory)
      assert.equal(identity.leafKey.algorithm, algorithm)
      const { leafKey } = verifyServerChain(identity.chainDer, identity.fingerprint, new Date())
      const key = createPublicKey(await readFile(join(directory, 'server.key')))
      const spki = key.export({ format: 'der', type: 'spki' })
      assert.deepEqual(leafKey.raw, new Uint8Array(spki.subarray(12)))
    })

    it('made by the reference can be renewed here', async () => {
      const directory = await newDirectory()
      makeReferenceIdentity(directory, { algorithm })
      const before = await loadIdentity(directory)
      await renewServerCertificate({ directory })
      const renewed = await loadIdentity(directory)
      assert.deepEqual(renewed.fingerprint, before.fingerprint)
      assert.notDeepEqual(renewed.leafKey.raw, before.leafKey.raw)
      assert.equal(new X509Certificate(renewed.chainDer[0]).subject, 'CN=smp.example.org')
    })
  })

describe('creating an identity', () => {
  it('makes the directory, with keys that only the owner reads', async () => {
    const directory = join(await newDirectory(), 'deep', 'er')
    await createIdentity({ directory, hosts, algorithm: 'Ed25519' })
    assert.deepEqual((await readdir(directory)).sort(), [...files].sort())
    const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)
    assert.equal(await mode(directory), '700')
    assert.equal(await mode(join(directory, 'server.key')), '600')
    assert.equal(await mode(join(directory, 'ca.key')), '600')
  })

  for (const present of files)
    it(`overwrites nothing where ${present} exists`, async () => {
      const directory = await newDirectory()
      await writeFile(join(directory, present), 'precious')
      const work = createIdentity({ directory, hosts, algorithm: 'Ed25519' })
      await fails(work, /holds an identity or a part of one/)
      assert.deepEqual(await contents(directory), { [present]: 'precious' })
    })

  it('lets exactly one of two creators win', async () => {
    const directory = await newDirectory()
    const create = () => createIdentity({ directory, hosts, algorithm: 'Ed25519' })
    const outcomes = await Promise.allSettled([create(), create(), create()])
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    assert.ok(await loadIdentity(directory))
  })

  it('needs a host and a directory that can be made', async () => {
    const directory = await newDirectory()
    await fails(createIdentity({ directory, hosts: [], algorithm: 'Ed448' }), /needs a host name/)
    assert.deepEqual(await readdir(directory), [])
    await writeFile(join(directory, 'file'), '')
    const below = join(directory, 'file', 'below')
    await fails(createIdentity({ directory: below, hosts, algorithm: 'Ed448' }), /cannot be made/)
  })
})

describe('renewing the server certificate', () => {
  it('keeps the identity, replaces key and certificate, leaves nothing else behind', async () => {
    const directory = await newIdentity()
    const before = await contents(directory)
    await renewServerCertificate({ directory, hosts: ['new.example.org'], algorithm: 'Ed448' })
    const renewed = await contents(directory)
    assert.deepEqual(Object.keys(renewed).sort(), [...files].sort())
    assert.equal(renewed['ca.crt'], before['ca.crt'])
    assert.equal(renewed['ca.key'], before['ca.key'])
    const identity = await loadIdentity(directory)
    assert.equal(identity.leafKey.algorithm, 'Ed448')
    assert.equal(new X509Certificate(identity.chainDer[0]).subject, 'CN=new.example.org')
    const { mode } = await stat(join(directory, 'server.key'))
    assert.equal(mode & 0o777, 0o600)
  })

  it('repairs a renewal that was cut off between its two files', async () => {
    const [directory, other] = [await newIdentity(), await newIdentity()]
    await copyFile(join(other, 'server.key'), join(directory, 'server.key'))
    await writeFile(join(directory, '.server.crt.new'), 'half a certif')
    await fails(loadIdentity(directory), /is not the key of server.crt/)
    await renewServerCertificate({ directory })
    assert.ok(await loadIdentity(directory))
    assert.deepEqual((await readdir(directory)).sort(), [...files].sort())
  })

  it('needs the right ca.key', async () => {
    const [directory, other] = [await newIdentity(), await newIdentity()]
    const before = await contents(directory)
    await copyFile(join(other, 'ca.key'), join(directory, 'ca.key'))
    await fails(renewServerCertificate({ directory }), /ca.key is not the key of ca.crt/)
    await rm(join(directory, 'ca.key'))
    await fails(renewServerCertificate({ directory }), /ca.key is missing/)
    assert.equal((await contents(directory))['server.crt'], before['server.crt'])
  })

  it('can do without the old certificate where the host is given', async () => {
    const directory = await newIdentity()
    await rm(join(directory, 'server.crt'))
    await fails(renewServerCertificate({ directory }), /server.crt is missing/)
    await renewServerCertificate({ directory, hosts })
    assert.ok(await loadIdentity(directory))
  })
})

describe('loading a damaged identity', () => {
  for (const file of ['ca.crt', 'server.crt', 'server.key'] as const) {
    it(`says that ${file} is missing`, async () => {
      const directory = await newIdentity()
      await rm(join(directory, file))
      await fails(loadIdentity(directory), new RegExp(`${file} is missing`))
    })

    it(`says that ${file} is not PEM`, async () => {
      const directory = await newIdentity()
      const path = join(directory, file)
      const pem = await readFile(path, 'utf8')
      const texts = [
        '',
        'garbage',
        pem.slice(0, -40),
        pem.slice(0, 60),
        pem.replace(/\n.{9}/, '\n'),
      ]
      for (const text of texts) {
        await writeFile(path, text)
        await fails(loadIdentity(directory), new RegExp(`${file} is not an? `))
      }
    })

    it(`says that ${file} cannot be read`, async () => {
      const directory = await newIdentity()
      await rm(join(directory, file))
      await mkdir(join(directory, file))
      await fails(loadIdentity(directory), new RegExp(`${file} cannot be read \\(EISDIR\\)`))
    })
  }

  it('needs no ca.key', async () => {
    const directory = await newIdentity()
    await rm(join(directory, 'ca.key'))
    assert.ok(await loadIdentity(directory))
  })

  it('refuses the key of another certificate', async () => {
    const [directory, other] = [await newIdentity(), await newIdentity()]
    await copyFile(join(other, 'server.key'), join(directory, 'server.key'))
    await fails(loadIdentity(directory), /is not the key of server.crt/)
  })

  it('refuses a leaf of another authority, of the same name too', async () => {
    const [directory, other] = [await newIdentity(), await newIdentity()]
    await copyFile(join(other, 'ca.crt'), join(directory, 'ca.crt'))
    await fails(loadIdentity(directory), /is not signed by ca.crt/)
  })

  it("refuses a leaf that bears the authority's name and key id but not its signature", async () => {
    const directory = await newIdentity()
    const path = join(directory, 'server.crt')
    const forger = generateKeyPairSync('ed25519').privateKey
    const leaf = new X509Certificate(await readFile(path))
    await writeFile(path, reissued(leaf, forger, () => undefined).toString())
    await fails(loadIdentity(directory), /is not signed by ca.crt/)
  })

  it('refuses certificates outside their dates', async () => {
    const directory = await newDirectory()
    makeReferenceIdentity(directory, { algorithm: 'Ed25519', days: 1 })
    const inTwoDays = new Date(Date.now() + 2 * 86_400_000)
    await fails(loadIdentity(directory, inTwoDays), /server.crt expired on .*: renew/)
    await fails(loadIdentity(directory, new Date(0)), /ca.crt is not valid before .*clock/)
    await fails(loadIdentity(directory, new Date('5000-01-01')), /ca.crt expired .*: create a new/)
    const { notAfter } = await loadIdentity(directory)
    assert.ok(notAfter < inTwoDays)
  })

  it('refuses keys that SMP has no name for', async () => {
    const directory = await newIdentity()
    openssl(directory, 'genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.key')
    openssl(directory, 'req -new -x509 -subj /CN=x -key ec.key -out ec.crt')
    const original = await readFile(join(directory, 'server.crt'))
    await copyFile(join(directory, 'ec.crt'), join(directory, 'server.crt'))
    await fails(loadIdentity(directory), /server.crt is for a key of type ec: SMP needs/)
    await writeFile(join(directory, 'server.crt'), original)
    await copyFile(join(directory, 'ec.key'), join(directory, 'server.key'))
    await fails(loadIdentity(directory), /server.key is for a key of type ec: SMP needs/)
    await copyFile(join(directory, 'ec.crt'), join(directory, 'ca.crt'))
    await fails(loadIdentity(directory), /ca.crt is for a key of type ec: SMP needs/)
  })

  it('refuses an encrypted key without asking for a password', async () => {
    const directory = await newIdentity()
    openssl(directory, 'pkey -in server.key -aes256 -passout pass:secret -out locked.key')
    await copyFile(join(directory, 'locked.key'), join(directory, 'server.key'))
    await fails(loadIdentity(directory), /not an unencrypted PEM private key/)
  })
})
