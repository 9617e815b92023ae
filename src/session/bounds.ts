/** How much of one connection may be in work at a time. */
import type { Policy } from '../commands/spec.ts'
import type { SessionMeasures } from '../measures/session-measures.ts'
import { Slots } from '../slots.ts'
import { Window } from './window.ts'

const WINDOW_BYTES = 256 * 1024
/** Commands that another relay forwarded: those on one queue must not hold up all of its clients'. */
const FORWARDED_COMMANDS = 128
/** Commands that other relays work on, for each client (Server.hs, `client_concurrency`). */
const REMOTE_COMMANDS = 32
/** While none of them ends, the connection is not read for so long; then more are turned away. */
const REMOTE_PATIENCE_MS = 2_000

export const windowsOf = (
  measures: SessionMeasures | undefined,
): { readonly blocks: Window; readonly forwarded: Window } => ({
  blocks: new Window(WINDOW_BYTES, measures?.paused),
  forwarded: new Window(FORWARDED_COMMANDS, measures?.paused),
})

export const remoteSlots = ({ proxyClientConcurrency = REMOTE_COMMANDS }: Policy): Slots =>
  new Slots(proxyClientConcurrency, REMOTE_PATIENCE_MS)
