import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { commands } from '../../../src/cli/commands.ts'
import { runCli } from '../../../src/cli/run-cli.ts'
import { FakeIo } from './fake-io.ts'

const run = async (args: readonly string[], env: Record<string, string> = {}) => {
  const io = new FakeIo(env)
  const code = await runCli(args, io)
  return { code, out: io.out, err: io.err }
}

describe('help', () => {
  test('of the program names every command', async () => {
    const help = await run(['--help'])
    assert.equal(help.code, 0)
    assert.equal(help.err, '')
    for (const [name, { summary }] of commands)
      assert.match(help.out, new RegExp(`^ {2}${name} +${summary}$`, 'm'))
    for (const args of [['-h'], ['help'], ['help', '--help']])
      assert.deepEqual(await run(args), help)
  })

  for (const [name] of commands)
    test(`of ${name} says how to call it and names its options`, async () => {
      const help = await run([name, '--help'])
      assert.equal(help.code, 0)
      assert.equal(help.err, '')
      assert.match(help.out, new RegExp(`^Usage: sluice ${name}\\b`))
      assert.match(help.out, /-h, --help/)
      const command = await commands.get(name)?.load()
      for (const option of Object.keys(command?.options ?? {}))
        assert.match(help.out, new RegExp(`--${option}\\b`))
      for (const line of help.out.split('\n')) assert.ok(line.length <= 100, line)
      assert.deepEqual(await run([name, '-h']), help)
      assert.deepEqual(await run(['help', name]), help)
      assert.deepEqual(await run([name, '--unknown', '--help']), help)
    })

  test('is no option after --', async () => {
    assert.equal((await run(['address', '--', '--help'])).code, 2)
  })
})

test('--version prints the version of the package', async () => {
  for (const flag of ['--version', '-V'])
    assert.match((await run([flag])).out, /^sluice \d+\.\d+\.\d+\n$/)
})

const ADDRESS = 'smp://LcJUMfVhwD8yxjAiSaDzzGF3-kLG4Uh0Fl_ZIjrRwjI=@localhost'

describe('wrong usage is one line and exit code 2', () => {
  const cases: readonly (readonly [args: readonly string[], problem: RegExp])[] = [
    [['strat'], /^sluice: "strat" is not a command, did you mean start\?; see 'sluice --help'$/],
    [['nothing-like-it'], /^sluice: "nothing-like-it" is not a command; see/],
    [['__proto__'], /^sluice: "__proto__" is not a command; see/],
    [['help', 'strat'], /^sluice: "strat" is not a command/],
    [['--verbose'], /^sluice: "--verbose" is not an option; see 'sluice --help'$/],
    [['a\n\u001b[31m'], /^sluice: "a\\n\\u001b\[31m" is not a command; see/],
    [['start', '--port', '1'], /^sluice: Unknown option '--port'; see 'sluice start --help'$/],
    [['start', '--a\nb'], /^sluice: Unknown option '--a\?b'; see/],
    [['check', 'now'], /^sluice: Unexpected argument 'now'; see 'sluice check --help'$/],
    [['init', '--algorithm'], /^sluice: Option '--algorithm <value>' argument missing; see/],
    [['init', '--algorithm', 'rsa'], /^sluice: --algorithm "rsa" must be ed25519 or ed448; see/],
    [['init', '--host', 'a b'], /^sluice: --host "a b" must be host names or IP addresses/],
    [['queue'], /^sluice: what to do must be status, block, unblock, delete; see 'sluice queue/],
    [['queue', 'erase', 'AAAA'], /^sluice: "erase" must be status, block, unblock, delete; see/],
    [['queue', 'status'], /^sluice: a queue is needed: an id, or a link in quotes; see/],
    [['queue', 'status', 'AAAA', 'BBBB'], /^sluice: only one queue can be given: put a link in/],
    [['queue', 'status', 'not an id'], /^sluice: neither the id of a sender or link, nor a link/],
    [['queue', 'block', 'AAAA'], /^sluice: a block needs --reason spam or --reason content; see/],
    [['queue', 'block', 'AAAA', '--reason', 'x'], /^sluice: a block needs --reason spam or/],
    [
      ['queue', 'block', 'AAAA', '--reason', 'spam', '--notice', '0'],
      /^sluice: --notice "0" must be a whole number from 1 to 315360000 \(seconds\); see/,
    ],
    [['queue', 'status', 'AAAA', '--yes'], /^sluice: --yes is not for status; see/],
    [['queue', 'delete', 'AAAA', '--reason', 'spam'], /^sluice: --reason is not for delete; see/],
    [['queue', 'status', 'AAAA', '--token', 'x'], /^sluice: Unknown option '--token'; see/],
    [['stats', 'now'], /^sluice: Unexpected argument 'now'; see 'sluice stats --help'$/],
    [['config', '--admin', 'host:1'], /^sluice: --admin "host:1" must be an https:\/\/ or http:/],
    [['ping'], /^sluice: the address of a server is needed: smp:\/\/…; see 'sluice ping --help'$/],
    [['import'], /^sluice: the folder with the files of the server is needed; see/],
    [['import', 'a', 'b'], /^sluice: only one folder can be given; see 'sluice import --help'$/],
    [['import', 'a', '--report'], /^sluice: Option '--report <value>' argument missing; see/],
    [['export'], /^sluice: a folder to write to is needed; see 'sluice export --help'$/],
    [['export', 'a', 'b'], /^sluice: only one folder can be given; see/],
    [['ping', 'a', 'b'], /^sluice: only one address can be given; see/],
    [['conformance'], /^sluice: the address of a server is needed: smp:\/\/…; see/],
    [['conformance', 'swordfish'], /^sluice: not an SMP server address/],
    [['conformance', '--only', 'SMP-Q,x'], /^sluice: --only: no check named "X"; see/],
    [['conformance', '--proxy', '--no-proxy', ADDRESS], /^sluice: --proxy and --no-proxy exclude/],
    [['conformance', '--quota', '0', ADDRESS], /^sluice: --quota "0" must be .* \(messages\); see/],
    [['conformance', '--jobs', '99', ADDRESS], /^sluice: --jobs "99" must be/],
    [['conformance', '--relay', 'x', ADDRESS], /^sluice: --relay: not an SMP server address/],
    [
      ['bench'],
      /^sluice: the address of a server is needed: smp:\/\/…; see 'sluice bench --help'$/,
    ],
    [['bench', '-m', 'all', ADDRESS], /^sluice: --mode "all" must be one of load, storm, idle/],
    [['bench', '-m', 'storm', '-r', '1', ADDRESS], /^sluice: --rate has no meaning for a storm/],
    [['bench', '-c', '1', ADDRESS], /^sluice: --connections "1" must be .* \(connections\); see/],
    [['bench', '--body', '16049', ADDRESS], /^sluice: --body "16049" must be/],
    [['bench', '-w', '0', ADDRESS], /^sluice: --workers "0" must be/],
    [
      ['ping', 'smp://x@h', '--count', '0'],
      /^sluice: (not an SMP server address|--count "0" must)/,
    ],
  ]
  for (const [args, problem] of cases)
    test(args.join(' '), async () => {
      const { code, out, err } = await run(args)
      assert.deepEqual({ code, out }, { code: 2, out: '' })
      assert.match(err, /^[^\n]*\n$/)
      assert.match(err.trimEnd(), problem)
    })

  test('without a command the help goes to stderr', async () => {
    const { out: help } = await run(['--help'])
    assert.deepEqual(await run([]), { code: 2, out: '', err: help })
  })

  test('an address is not repeated: it may hold a password', async () => {
    for (const text of ['smp://swordfish:swordfish@', 'swordfish', 'smp://AAAA:sword fish@h'])
      assert.doesNotMatch((await run(['ping', text])).err, /sword/)
  })
})

test('every problem of the configuration is a line, and the exit code is 1', async () => {
  const env = { SLUICE_PORT: 'x', SLUICE_LOG_LEVEL: 'loud', SLUICE_CREATE_PASSWORD: 'sword fish' }
  for (const name of ['start', 'init', 'cert', 'address', 'check']) {
    const { code, out, err } = await run([name], env)
    assert.deepEqual({ name, code, out }, { name, code: 1, out: '' })
    assert.match(
      err,
      /^sluice: SLUICE_PORT is "x".*\nsluice: SLUICE_CREATE_PASSWORD must.*\nsluice: SLUICE_LOG_LEVEL.*\n$/,
    )
    assert.doesNotMatch(err, /sword/)
  }
})
