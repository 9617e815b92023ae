/** `sluice/client`: SMP for programs. See docs/client.md. */
export { nativeCrypto } from '../crypto/native.ts'
export { type ConnectOptions, connectSmp } from './connect.ts'
export type { WebSocketOptions } from './node-web-socket.ts'
export { type OpenClientOptions, openClient } from './open-client.ts'
export * from './portable.ts'
export type { ServiceCertificate } from './service-certificate.ts'
export { connectTls, type TlsOptions } from './tls-transport.ts'
