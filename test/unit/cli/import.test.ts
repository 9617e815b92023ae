/** `sluice import` and `sluice export` where nothing is to be done, and dry runs. */
import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { runCli } from '../../../src/cli/run-cli.ts'
import { recordedState, StateFolder } from '../../support/state-folder.ts'
import { FakeIo } from './fake-io.ts'

const env = { SLUICE_MESSAGE_TTL_SECONDS: '315360000', SLUICE_DATA_DIR: '/nowhere/at/all' }

const run = async (args: readonly string[], more: Record<string, string> = {}) => {
  const io = new FakeIo({ ...env, ...more })
  const code = await runCli(args, io)
  return { code, out: io.out, err: io.err }
}

const failed = async (
  args: readonly string[],
  problem: RegExp,
  more: Record<string, string> = {},
): Promise<void> => {
  const { code, err } = await run(args, more)
  assert.equal(code, 1)
  assert.match(err, /^sluice: [^\n]+\n$/)
  assert.match(err, problem)
}

const recorded = (): StateFolder => {
  const folder = new StateFolder()
  cpSync(recordedState('first'), folder.path, { recursive: true })
  return folder
}

describe('what cannot begin is one line that says what to do', () => {
  test('without Redis', async () => {
    for (const command of ['import', 'export'])
      await failed([command, '/tmp'], /SLUICE_REDIS_URL is needed, as for a start/)
  })

  test('a Redis that is away', async () => {
    using folder = recorded()
    const data = join(folder.path, 'data')
    assert.equal((await run(['init'], { SLUICE_DATA_DIR: data })).code, 0)
    const given = {
      SLUICE_DATA_DIR: data,
      SLUICE_REDIS_URL: 'redis://127.0.0.1:1',
      SLUICE_CLUSTER_KEY: '00'.repeat(32),
    }
    await failed(['import', folder.path], /run this again when Redis is there/, given)
  })

  test('no folder, no log', async () => {
    await failed(['import', '/nowhere/at/all', '--dry-run'], /is not a folder/)
    using folder = new StateFolder()
    mkdirSync(join(folder.path, 'empty'))
    await failed(
      ['import', join(folder.path, 'empty'), '--dry-run'],
      /has no smp-server-store\.log: .*smp-server database export/,
    )
  })

  test('messages in a journal', async () => {
    using folder = new StateFolder()
    const state = join(folder.path, 'state')
    mkdirSync(join(state, 'messages', 'AA'), { recursive: true })
    writeFileSync(join(state, 'smp-server-store.log'), '')
    await failed(
      ['import', state, '--dry-run'],
      /'smp-server journal export' makes smp-server-messages\.log/,
    )
    writeFileSync(join(state, 'smp-server-messages.log'), '')
    assert.match(
      (await run(['import', state, '--dry-run'])).out,
      /^Note: the folder messages was left aside: smp-server-messages\.log is what was read$/m,
    )
  })

  test('a server that runs', async () => {
    using folder = new StateFolder()
    const state = join(folder.path, 'state')
    mkdirSync(state)
    writeFileSync(join(state, 'smp-server-store.log'), '')
    assert.match(
      (await run(['import', state, '--dry-run'])).out,
      /^Note: there is no smp-server-messages\.log: the server writes it when it stops$/m,
    )
    writeFileSync(join(state, 'smp-server-messages.log.bak'), '')
    await failed(['import', state, '--dry-run'], /the server runs, so stop it first/)
  })

  test('an ini that says that the state is elsewhere, or is none', async () => {
    using folder = new StateFolder()
    const ini = (text: string) => folder.write('smp-server.ini', text)
    ini('[STORE_LOG]\nstore_queues: database\n')
    await failed(['import', folder.path, '--dry-run'], /PostgreSQL/)
    ini('[STORE_LOG]\nstore_messages: journal\n')
    await failed(['import', folder.path, '--dry-run'], /journal export/)
    ini('secret nonsense\n')
    await failed(['import', folder.path, '--dry-run'], /smp-server\.ini is no ini file: line 1/)
  })

  test('a report that cannot be written', async () => {
    using folder = recorded()
    await failed(
      ['import', folder.path, '--dry-run', '--report', '/nowhere/at/all'],
      /"\/nowhere\/at\/all": no such file or directory/,
    )
  })
})

describe('a dry run', () => {
  test('says what would be imported, and writes nothing', async () => {
    using folder = recorded()
    const { code, out, err } = await run(['import', folder.path, '--dry-run'])
    assert.deepEqual({ code, err }, { code: 0, err: '' })
    assert.match(out, /^Would be imported:\n {2}queues +13\n {4}active +10\n/m)
    assert.match(out, /^ {2}messages +141\n {4}markers of full queues +1\n/m)
    assert.match(out, /^ {2}dates of last use, which this relay does not keep: 13$/m)
    assert.match(out, /^Problems: none$/m)
    assert.ok(!existsSync(env.SLUICE_DATA_DIR))
  })

  test('lists what cannot be: some of it there, all of it in the report, nothing of the lines', async () => {
    using folder = recorded()
    const log = readFileSync(join(folder.path, 'smp-server-store.log'), 'latin1')
    const [first = ''] = log.split('\n')
    const secret = first.split('rdh=')[1]?.slice(0, 20) ?? assert.fail()
    const broken = Array.from({ length: 50 }, () => `${first.replace('sid=', 'sid=*')}\n`).join('')
    folder.write('smp-server-store.log', `${log}${broken}${first}`)
    const report = join(folder.path, 'report.txt')
    const { code, out } = await run(['import', folder.path, '--dry-run', '--report', report])
    assert.equal(code, 1)
    assert.match(out, /^Problems: 51, left out; all are in .*report\.txt$/m)
    assert.match(out, /^ {2}smp-server-store\.log:30: sid is not base64url$/m)
    assert.match(out, /^ {2}and 31 more$/m)
    const written = readFileSync(report, 'utf8')
    assert.match(written, /^smp-server-store\.log:80: the line has no end: the file was cut$/m)
    assert.match(written, /^Would be imported:$/m)
    for (const text of [out, written]) assert.ok(!text.includes(secret))
  })

  test('finds ids that two queues have', async () => {
    using folder = recorded()
    const log = readFileSync(join(folder.path, 'smp-server-store.log'), 'latin1')
    const [first = ''] = log.split('\n')
    folder.write(
      'smp-server-store.log',
      `${log}${first.replace(/rid=\S+/, `rid=${'Z'.repeat(32)}`)}\n`,
    )
    const { code, out } = await run(['import', folder.path, '--dry-run'])
    assert.equal(code, 1)
    assert.match(out, /^ {2}smp-server-store\.log:30: left out: another queue has one of its ids$/m)
  })
})
