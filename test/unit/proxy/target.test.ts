import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HostRules, isHostRule } from '../../../src/proxy/host-rules.ts'
import { isAllowedAddress, type TargetRules, targetOf } from '../../../src/proxy/target.ts'

const onion = `${'a'.repeat(56)}.onion`
const usual: TargetRules = {
  allow: undefined,
  deny: new HostRules([]),
  allowPrivate: false,
  socks: undefined,
  hostMode: 'public',
  hostRequired: false,
}

type Hosts = readonly [string, ...string[]]

const chosen = (hosts: Hosts, rules: Partial<TargetRules> = {}, port = '') =>
  targetOf({ hosts, port, keyHash: new Uint8Array(32) }, { ...usual, ...rules })

const hostOf = (hosts: Hosts, rules: Partial<TargetRules> = {}) => {
  const target = chosen(hosts, rules)
  return target && `${target.viaSocks ? 'socks ' : ''}${target.host}`
}

describe('the host of a relay', () => {
  it('is the first public one, or the first onion one', () => {
    assert.equal(hostOf(['a.org', 'b.org']), 'a.org')
    assert.equal(hostOf([onion, 'b.org']), 'b.org')
    assert.equal(hostOf([onion, 'b.org'], { socks: 'onion' }), 'b.org')
    assert.equal(hostOf(['b.org', onion], { socks: 'onion', hostMode: 'onion' }), `socks ${onion}`)
    assert.equal(hostOf(['b.org', onion], { hostMode: 'onion' }), 'b.org')
  })

  it('is another one where there is none of the kind, unless that is required', () => {
    const socks = 'onion'
    assert.equal(hostOf([onion], { socks }), `socks ${onion}`)
    assert.equal(hostOf([onion], { socks, hostRequired: true }), undefined)
    assert.equal(hostOf(['a.org'], { hostMode: 'onion', socks }), 'a.org')
    assert.equal(hostOf(['a.org'], { hostMode: 'onion', socks, hostRequired: true }), undefined)
  })

  it('is never an onion one without SOCKS: DNS must not hear of it', () => {
    assert.equal(hostOf([onion]), undefined)
    assert.equal(hostOf([onion], { allowPrivate: true }), undefined)
  })

  it('goes through SOCKS always where that is set', () => {
    assert.equal(hostOf(['a.org', onion], { socks: 'always' }), 'socks a.org')
    assert.equal(hostOf(['8.8.8.8'], { socks: 'always' }), 'socks 8.8.8.8')
  })

  const local: Hosts[] = [
    ['127.0.0.1'],
    ['::1'],
    ['10.1.2.3'],
    ['169.254.169.254'],
    ['::ffff:1.1.1.1'],
  ]
  it('is no private address, through SOCKS neither', () => {
    for (const hosts of local) {
      assert.equal(hostOf(hosts), undefined)
      assert.equal(hostOf(hosts, { socks: 'always' }), undefined)
      assert.equal(hostOf(hosts, { allowPrivate: true }), hosts[0])
    }
    assert.equal(hostOf(['192.168.0.1', '8.8.8.8']), '8.8.8.8')
  })

  it('is no name that a SOCKS server could take for one', () => {
    const names: Hosts[] = [
      ['localhost'],
      ['LOCALHOST.'],
      ['a.localhost'],
      ['127.1'],
      ['2130706433'],
    ]
    for (const hosts of [...names, ['0x7f000001'], ['0x7f.1'], ['1.0x1']] as Hosts[]) {
      assert.equal(hostOf(hosts, { socks: 'always' }), undefined, hosts[0])
      assert.ok(hostOf(hosts, { socks: 'always', allowPrivate: true }))
    }
  })

  it('is on the allow list and not on the deny list', () => {
    const allow = new HostRules(['example.org', '198.41.0.0/24', '2a00:1::/32'])
    const deny = new HostRules(['bad.example.org', '198.41.0.7'])
    const rules = { allow, deny }
    for (const host of ['example.org', 'EXAMPLE.org', 'a.example.org', '198.41.0.4', '2a00:1::5'])
      assert.equal(hostOf([host], rules), host)
    for (const host of ['bad.example.org', 'x.bad.example.org.', '198.41.0.7', '8.8.8.8'])
      assert.equal(hostOf([host], rules), undefined)
    for (const host of ['other.org', 'notexample.org', 'example.org.evil.com'])
      assert.equal(hostOf([host], { ...rules, socks: 'always' }), undefined)
  })

  it('is not hidden by another way to write its address', () => {
    const rules = { ...usual, allowPrivate: true, deny: new HostRules(['10.0.0.0/8', '2a00::/16']) }
    for (const address of ['10.1.1.1', '::ffff:10.1.1.1', '::ffff:a01:101', '2A00:0::1'])
      assert.ok(!isAllowedAddress(rules, address), address)
    const only6 = { ...rules, deny: new HostRules(['::/0']) }
    assert.ok(isAllowedAddress(only6, '1.1.1.1'))
    assert.ok(!isAllowedAddress(only6, '2a00::1'))
  })

  it('is looked at again when its name is resolved', () => {
    const rules: TargetRules = {
      ...usual,
      allow: new HostRules(['example.org', '198.41.0.0/24']),
      deny: new HostRules(['8.8.8.0/24']),
    }
    assert.ok(isAllowedAddress(rules, '1.1.1.1', 'a.example.org'))
    assert.ok(isAllowedAddress(rules, '198.41.0.4', 'other.org'))
    assert.ok(!isAllowedAddress(rules, '1.1.1.1', 'other.org'))
    assert.ok(!isAllowedAddress(rules, '8.8.8.8', 'example.org'))
    assert.ok(!isAllowedAddress(rules, '127.0.0.1', 'example.org'))
  })

  it('has a port: 5223 unless another is given', () => {
    assert.equal(chosen(['a.org'])?.port, 5223)
    assert.equal(chosen(['a.org'], {}, '443')?.port, 443)
    for (const port of ['0', '65536', 'smp', '-1', '1e3', ' 443', '00443x'])
      assert.equal(chosen(['a.org'], {}, port), undefined)
  })
})

describe('a rule for hosts', () => {
  it('is a domain, an address or a range', () => {
    for (const rule of [
      'example.org',
      'org',
      'xn--a.org',
      '1.2.3.4',
      '10.0.0.0/8',
      '::/0',
      'fe80::1',
    ])
      assert.ok(isHostRule(rule), rule)
    for (const rule of [
      '',
      '*.org',
      'a..b',
      '.org',
      '1.2.3',
      '10.0.0.0/33',
      '::1/129',
      '1.2.3.4/',
      'a/8',
    ])
      assert.ok(!isHostRule(rule), rule)
    for (const rule of ['10.0.0.0/8/8', 'fe80::1%eth0', 'a b', 'a:1', '-a.org', '10.0.0.0/-1'])
      assert.ok(!isHostRule(rule), rule)
  })
})
