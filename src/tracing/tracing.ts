/**
 * What is traced of a relay. Who is traced knows no more than this; where there is no tracing
 * nothing is done. A span's subject is all that is told of it, and has no room for ids, keys or
 * addresses (I6).
 */

export type Subject =
  | { readonly what: 'handshake'; readonly transport: 'smp' | 'wss' | 'ws' }
  /** Several commands of one block that are answered together. */
  | { readonly what: 'block'; readonly commands: number; readonly version: number }
  /** `tag`: of the command, or `unreadable`. */
  | { readonly what: 'command'; readonly tag: string; readonly version: number }
  /** `name`: of the script, or of the command in capitals. */
  | { readonly what: 'store call'; readonly name: string; readonly isScript: boolean }
  /** To another relay: a session, or a command of a client. */
  | { readonly what: 'connect' | 'forward' }
  /** A message to a subscriber; `path`: whether its sender is on this pod, where that is known. */
  | { readonly what: 'push'; readonly path: 'local' | 'remote' | undefined }

export interface Span {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** A part of it. `startedAt`: as `performance.now` tells it; absent: now. */
  part(subject: Subject, startedAt?: number): Span
  /** Runs work that is a part of it, with what that leads to until it is over. */
  run<T>(work: () => T): T
  /** `outcome`: `ok`, `done`, or a word for what went wrong. `version`: where it is agreed by now. */
  end(outcome: string, version?: number): void
}

export interface Tracing extends AsyncDisposable {
  /** A part of what is under way; else a trace of its own, or undefined: only a share is traced. */
  begin(subject: Subject, startedAt?: number): Span | undefined
  /** Undefined where nothing traced is under way. */
  part(subject: Subject): Span | undefined
  /** Runs work that is no part of what is under way. */
  apart<T>(work: () => T): T
}
