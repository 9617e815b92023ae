/** What TLS alone costs: the relay's TLS parameters, and nothing done with the blocks. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { createAuthority, createServerCertificate } from '../../src/identity/certificates.ts'
import { BLOCK_BYTES } from '../../src/protocol/block.ts'
import { smpTlsOptions } from '../../src/transport/tls.ts'
import { answerCalls } from './calls.ts'
import { usageMethods } from './own-usage.ts'

/** How many blocks of a connection are answered with one; 1: every block. */
let blocksPerAnswer = 1
const block = new Uint8Array(BLOCK_BYTES)

const accept = (socket: TLSSocket): void => {
  let bytes = 0
  let blocks = 0
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    for (; bytes >= BLOCK_BYTES; bytes -= BLOCK_BYTES) {
      blocks += 1
      if (blocks % blocksPerAnswer === 0) socket.write(block)
    }
  })
}

/** Returns the port. */
const start = async (): Promise<number> => {
  const now = new Date()
  const authority = createAuthority({ algorithm: 'Ed25519', now })
  const leaf = createServerCertificate(authority, { host: 'localhost', algorithm: 'Ed25519', now })
  const chainPem = leaf.certificate.toString() + authority.certificate.toString()
  const keyPem = leaf.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  const server = createServer({ ...smpTlsOptions({ chainPem, keyPem }), noDelay: true }, accept)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const methods = {
  ...usageMethods,
  start,
  answerEvery: (blocks: number): void => {
    blocksPerAnswer = blocks
  },
}

export type EchoMethods = typeof methods

answerCalls(methods)
