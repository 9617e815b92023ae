/**
 * Loaded into a relay before everything else (`node --import`): the file FAULTS_OUTPUT_FILE says the
 * most bytes that ever waited in the process for one client to take them. No metric tells it of one
 * connection, and memory as a whole is too coarse for it.
 */
import { writeFileSync } from 'node:fs'
import { TLSSocket } from 'node:tls'

const path = process.env.FAULTS_OUTPUT_FILE
const { write } = TLSSocket.prototype
let peak = 0

const watched = function (this: TLSSocket, ...args: unknown[]): boolean {
  const mayGoOn: boolean = Reflect.apply(write, this, args)
  if (path !== undefined && this.writableLength > peak) {
    peak = this.writableLength
    writeFileSync(path, `${peak}`)
  }
  return mayGoOn
}

if (path !== undefined) TLSSocket.prototype.write = watched
