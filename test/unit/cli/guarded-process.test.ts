import assert from 'node:assert/strict'
import { mkdtemp, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { GuardedProcess } from '../../../src/cli/cluster/guarded-process.ts'

const start = (script: string, directory?: string) => {
  const out: string[] = []
  const err: string[] = []
  const said = Promise.withResolvers<void>()
  const call = { program: '/bin/sh', args: ['-c', script], env: process.env }
  const child = new GuardedProcess(directory === undefined ? call : { ...call, directory }, {
    stdout: (line) => {
      out.push(line)
      said.resolve()
    },
    stderr: (line) => err.push(line),
  })
  return { child, out, err, said: said.promise }
}

test('a program is heard to its last line', async () => {
  const { child, out, err } = start('echo one; echo two >&2; printf three; exit 4')
  assert.deepEqual(await child.ended, { how: 'ended with exit code 4', signal: undefined })
  assert.deepEqual(out, ['one', 'three'])
  assert.deepEqual(err, ['two'])
})

test('its directory stays while this process lives', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-guarded-'))
  await start('exit 0', directory).child.ended
  await rmdir(directory)
})

test('it is asked to end', async () => {
  const { child, said } = start('echo ready; exec sleep 600')
  await said
  await child.stop(600_000)
  assert.deepEqual(await child.ended, { how: 'was killed by SIGTERM', signal: 'SIGTERM' })
})

test('and made to when it does not', async () => {
  const { child, said } = start("trap '' TERM; echo ready; exec sleep 600")
  await said
  await child.stop(0)
  assert.deepEqual(await child.ended, { how: 'was killed by SIGKILL', signal: 'SIGKILL' })
})

test('one that ended is stopped already', async () => {
  const { child } = start('exit 0')
  await child.ended
  await child.stop(600_000)
})

test('a program that is not there is an ending like others', async () => {
  const lines = { stdout: () => {}, stderr: () => {} }
  const { ended } = new GuardedProcess({ program: '/none', args: [], env: process.env }, lines)
  assert.equal((await ended).how, 'ended with exit code 127')
})
