/** A relay with its operations port, and requests to that. */
import { randomBytes } from 'node:crypto'
import { Ops } from '../../src/ops/ops.ts'
import type { RelayOptions } from '../../src/relay.ts'
import { TlsRelay } from './wire-tls.ts'

export interface Page {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** Of an operations port on loopback. */
export const pageAt = async (
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Page> => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers })
  return { status: response.status, headers: response.headers, body: await response.text() }
}

export class OpsRelay implements AsyncDisposable {
  readonly relay: TlsRelay
  readonly ops: Ops

  private constructor(relay: TlsRelay, ops: Ops) {
    this.relay = relay
    this.ops = ops
  }

  /** `given`: settings by their names, as one writes them in the environment. */
  static async start(
    given: Readonly<Record<string, string>> = {},
    options: Pick<RelayOptions, 'now' | 'webCertificate'> = {},
  ): Promise<OpsRelay> {
    const ops = await Ops.open({ port: 0, bind: '127.0.0.1' })
    ops.health.watch('identity')
    try {
      return new OpsRelay(await TlsRelay.start(given, { ...options, ops }), ops)
    } catch (error) {
      await ops[Symbol.asyncDispose]()
      throw error
    }
  }

  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Page> {
    return pageAt(this.ops.port, path, headers)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.relay.close()
    await this.ops[Symbol.asyncDispose]()
  }
}

/** Settings of the relays of one cluster, with few partitions. */
export const clusterSettings = (redisUrl: string): Readonly<Record<string, string>> => ({
  redisUrl,
  clusterKeys: randomBytes(32).toString('hex'),
  partitions: '16',
})
