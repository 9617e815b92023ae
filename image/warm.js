// Runs a relay and lets two clients talk through it, so that what Node compiles for that is kept in a folder.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const [folder] = process.argv.slice(2)
const env = {
  ...process.env,
  NODE_COMPILE_CACHE: folder,
  SLUICE_DATA_DIR: '/tmp/identity',
  SLUICE_PORT: '0',
  SLUICE_OPS_PORT: '0',
}
const sluice = (...args) =>
  spawn(process.execPath, ['/app/bin/sluice.js', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
const endOf = async (child, what) => {
  const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode]
  if (code !== 0) throw new Error(`${what} ended with ${code}`)
}

const relay = sluice('start')
const [line] = await once(createInterface(relay.stdout), 'line')
const [address] = line.match(/smp:\/\/\S+/)
const demo = sluice('demo', address)
demo.stdout.pipe(process.stdout)
await endOf(demo, 'the demo')
relay.kill('SIGTERM')
await endOf(relay, 'the relay')
