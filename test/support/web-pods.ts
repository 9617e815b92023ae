/** A cluster whose TLS ports speak with browsers too. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pods, type PodsOptions } from './pods.ts'
import { makeWebCertificate } from './web-certificate.ts'

export interface WebPods extends AsyncDisposable {
  readonly pods: Pods
  /** PEM; of `localhost`. */
  readonly certificate: string
}

export const startWebPods = async ({ env, ...options }: PodsOptions): Promise<WebPods> => {
  await using parts = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), 'sluice-web-'))
  parts.defer(() => rm(directory, { recursive: true }))
  const files = { SLUICE_WEB_CERT: join(directory, 'cert'), SLUICE_WEB_KEY: join(directory, 'key') }
  const { chainPem: certificate, keyPem } = makeWebCertificate()
  await writeFile(files.SLUICE_WEB_CERT, certificate)
  await writeFile(files.SLUICE_WEB_KEY, keyPem)
  const pods = parts.use(await Pods.start({ ...options, env: { ...env, ...files } }))
  const owned = parts.move()
  return { pods, certificate, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
