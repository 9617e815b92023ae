// Makes the identity and the cluster key of the cluster of compose.yaml, where they are not there yet.
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const RELAY = 10001
const SECRET_MODE = 0o400
const { SLUICE_DATA_DIR: authority } = process.env
const identity = '/identity'

/** Whole or not at all, for the user of the relays. */
const write = (name, content) => {
  const path = join(identity, name)
  writeFileSync(`${path}.new`, content, { mode: SECRET_MODE })
  chownSync(`${path}.new`, RELAY, RELAY)
  renameSync(`${path}.new`, path)
}

if (!existsSync(join(authority, 'ca.crt')))
  execFileSync(process.execPath, ['/app/bin/sluice.js', 'init'], { stdio: 'inherit' })
for (const file of ['ca.crt', 'server.crt', 'server.key'])
  write(file, readFileSync(join(authority, file)))
if (!existsSync(join(identity, 'cluster-key')))
  write('cluster-key', randomBytes(32).toString('hex'))
