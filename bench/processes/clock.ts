/**
 * Loaded into a relay before everything else (`node --import`): its clock is wrong by the seconds
 * that the file FAULTS_CLOCK_FILE says, and steps when that changes. Timers go on as before, as
 * they do when an administrator or NTP steps a machine's clock.
 */
import { readFileSync } from 'node:fs'

const POLL_MS = 20

const path = process.env.FAULTS_CLOCK_FILE
const RealDate = Date
let offsetMs = 0

const read = (): void => {
  try {
    offsetMs = Number(readFileSync(path ?? '', 'utf8')) * 1000
  } catch {
    // it is not there before the first step
  }
}

class SteppedDate extends RealDate {
  constructor(...args: [] | [number | string | Date]) {
    if (args.length === 0) super(SteppedDate.now())
    // the dates that others name are theirs
    else super(...(args as [number]))
  }

  static override now(): number {
    return RealDate.now() + offsetMs
  }
}

if (path !== undefined) {
  globalThis.Date = SteppedDate as DateConstructor
  setInterval(read, POLL_MS).unref()
}
