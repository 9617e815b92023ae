import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cpuOf, usedMemoryOf, versionOf } from '../../../bench/redis-info.ts'

const info = (lines: readonly string[]): string => ['# Some', ...lines, ''].join('\r\n')

test('CPU is in microseconds and leaves children out', () => {
  const cpu = [
    'used_cpu_sys:0.500000',
    'used_cpu_user:1.250000',
    'used_cpu_sys_children:9.000000',
    'used_cpu_user_children:9.000000',
  ]
  assert.deepEqual(cpuOf(info(cpu)), { user: 1_250_000, system: 500_000 })
})

test('memory is what is used beside the buffers of connections', () => {
  const memory = ['used_memory:5000', 'used_memory_human:5.00K', 'mem_clients_normal:1200']
  assert.equal(usedMemoryOf(info(memory)), 3800)
})

test('a server that does not say what is asked is no zero', () => {
  assert.throws(() => usedMemoryOf(info(['used_memory:5000'])), /mem_clients_normal/)
})

test('Valkey says which Redis it stands for, too', () => {
  assert.equal(versionOf(info(['redis_version:7.0.15'])), 'Redis 7.0.15')
  assert.equal(versionOf(info(['redis_version:7.2.4', 'valkey_version:8.1.0'])), 'Valkey 8.1.0')
})
