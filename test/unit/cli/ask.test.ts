import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { askAt } from '../../../src/cli/ask.ts'

const terminal = () => {
  const controller = new AbortController()
  const stdin = Object.assign(new PassThrough(), { isTTY: true })
  const stderr = Object.assign(new PassThrough(), { isTTY: true })
  return { stdin, stderr, controller, signal: controller.signal }
}

test('a person answers with a line', async () => {
  const at = terminal()
  const asked = askAt(at)?.('Sure? ')
  assert.equal(String(at.stderr.read()), 'Sure? ')
  at.stdin.write('yes\nmore\n')
  assert.equal(await asked, 'yes')
})

test('the end of the input is an empty answer', async () => {
  const at = terminal()
  const asked = askAt(at)?.('Sure? ')
  at.stdin.end()
  assert.equal(await asked, '')
})

test('a signal ends the question', async () => {
  const at = terminal()
  const asked = askAt(at)?.('Sure? ')
  at.controller.abort('SIGINT')
  assert.ok(asked)
  await assert.rejects(asked, (error) => Object.is(error, 'SIGINT'))
  await assert.rejects(
    async () => askAt(at)?.('Sure? '),
    (error) => Object.is(error, 'SIGINT'),
  )
})

test('where input or output is no terminal there is nobody', () => {
  const at = terminal()
  const away = Object.assign(new PassThrough(), { isTTY: false })
  assert.equal(askAt({ ...at, stdin: away }), undefined)
  assert.equal(askAt({ ...at, stderr: away }), undefined)
})
