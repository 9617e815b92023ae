import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { IdentityError } from '../../../src/identity/identity-error.ts'
import { loadWebCertificate } from '../../../src/identity/web-certificate.ts'
import { makeWebCertificate } from '../../support/web-certificate.ts'

const directory = mkdtempSync(join(tmpdir(), 'sluice-web-certificate-'))
after(() => rmSync(directory, { recursive: true }))

const [certificatePath, keyPath] = [join(directory, 'web.crt'), join(directory, 'web.key')]
const write = ({ chainPem, keyPem }: { readonly chainPem: string; readonly keyPem: string }) => {
  writeFileSync(certificatePath, chainPem)
  writeFileSync(keyPath, keyPem)
}

describe('a web certificate', () => {
  for (const kind of ['RSA', 'ECDSA', 'Ed25519'] as const)
    test(`of ${kind} is loaded with its key`, async () => {
      const made = makeWebCertificate(kind)
      write(made)
      const { notAfter, ...loaded } = await loadWebCertificate(certificatePath, keyPath)
      assert.deepEqual(loaded, made)
      assert.ok(notAfter > new Date())
    })

  test('is refused in one line that names the file', async () => {
    const made = makeWebCertificate()
    const cases = [
      [{ ...made, chainPem: 'x' }, /web.crt is not a PEM certificate/],
      [{ ...made, keyPem: 'x' }, /web.key is not an unencrypted PEM private key/],
      [{ ...made, keyPem: makeWebCertificate().keyPem }, /web.key is not the key of .*web.crt/],
    ] as const
    for (const [files, message] of cases) {
      write(files)
      await assert.rejects(loadWebCertificate(certificatePath, keyPath), (error) => {
        assert.ok(error instanceof IdentityError)
        assert.match(error.message, message)
        return true
      })
    }
    await assert.rejects(loadWebCertificate('/none', keyPath), /cannot be read: no such file/)
  })
})
