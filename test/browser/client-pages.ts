/** Pages of a real browser that have the client, as `sluice`. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { launchChromium } from './chromium.ts'

const bundle = async (): Promise<string> => {
  const entry = fileURLToPath(new URL('../../src/client/web.ts', import.meta.url))
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'sluice',
    platform: 'browser',
    target: 'es2022',
  })
  return outputFiles[0]?.text ?? assert.fail('no bundle')
}

const serve = async (script: string): Promise<Server> => {
  const server = createServer(({ url }, answer) => {
    const isScript = url === '/client.js'
    answer.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    answer.end(isScript ? script : '<!doctype html><script src="/client.js"></script>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

export class ClientPages implements AsyncDisposable {
  readonly #server: Server
  readonly #browser: Browser

  private constructor(server: Server, browser: Browser) {
    this.#server = server
    this.#browser = browser
  }

  static async start(): Promise<ClientPages> {
    const server = await serve(await bundle())
    try {
      return new ClientPages(server, await launchChromium())
    } catch (error) {
      server.close()
      throw error
    }
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async open(): Promise<Page> {
    const page = await this.#browser.newPage({ ignoreHTTPSErrors: true })
    await page.goto(this.origin)
    return page
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close()
    this.#server.close()
  }
}
