/** An identity for the length of a run. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createIdentity, type Identity, loadIdentity } from '../../src/identity/identity.ts'

export const newIdentity = async (): Promise<Identity> => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  try {
    await createIdentity({ directory, hosts: ['localhost'], algorithm: 'Ed25519' })
    return await loadIdentity(directory)
  } finally {
    await rm(directory, { recursive: true })
  }
}
