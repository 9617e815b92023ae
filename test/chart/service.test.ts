/** How clients get to the relays: Services, routes, traffic that is let through. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { allOf, at, listAt, one, render, type Values } from './support/chart.ts'
import { external } from './support/values.ts'

const service = (values: object = {}, more: Values = {}) =>
  one(render({ ...external, ...more, service: values }), 'Service', 'sluice')

suite('the Service', () => {
  test('is a balancer that keeps clients’ addresses', () => {
    assert.equal(at(service(), 'spec.type'), 'LoadBalancer')
    assert.equal(at(service(), 'spec.externalTrafficPolicy'), 'Local')
    assert.deepEqual(listAt(service(), 'spec.ports'), [
      { name: 'smp', port: 5223, targetPort: 'smp', protocol: 'TCP' },
    ])
  })
  test('leads every port to the one of the relays', () => {
    assert.deepEqual(listAt(service({ ports: [5223, 443], nodePorts: [30523] }), 'spec.ports'), [
      { name: 'smp', port: 5223, targetPort: 'smp', protocol: 'TCP', nodePort: 30523 },
      { name: 'smp-443', port: 443, targetPort: 'smp', protocol: 'TCP' },
    ])
  })
  test('inside the cluster has nothing of a balancer', () => {
    const inside = service({
      type: 'ClusterIP',
      nodePorts: [30523],
      loadBalancerClass: 'x',
      loadBalancerSourceRanges: ['192.0.2.0/24'],
    })
    for (const field of ['externalTrafficPolicy', 'loadBalancerClass', 'loadBalancerSourceRanges'])
      assert.equal(at(inside, `spec.${field}`), undefined, field)
    assert.equal(at(inside, 'spec.ports.0.nodePort'), undefined)
  })
  for (const [field, value] of [
    ['externalTrafficPolicy', 'Cluster'],
    ['loadBalancerClass', 'service.k8s.aws/nlb'],
    ['loadBalancerIP', '192.0.2.1'],
    ['loadBalancerSourceRanges', ['192.0.2.0/24']],
    ['allocateLoadBalancerNodePorts', false],
    ['ipFamilyPolicy', 'PreferDualStack'],
    ['ipFamilies', ['IPv6', 'IPv4']],
    ['trafficDistribution', 'PreferSameZone'],
  ] as const)
    test(`has ${field} if it is given, and only then`, () => {
      assert.deepEqual(at(service({ [field]: value }), `spec.${field}`), value)
      if (field !== 'externalTrafficPolicy') assert.equal(at(service(), `spec.${field}`), undefined)
    })

  const annotations = (provider: string, enabled: boolean) =>
    service({ provider }, { proxyProtocol: { enabled, from: ['10.0.0.0/8'] } }).metadata
      .annotations ?? {}
  const aws = 'service.beta.kubernetes.io/aws-load-balancer'
  for (const [provider, name, without, withProxy] of [
    ['aws', `${aws}-proxy-protocol`, undefined, '*'],
    ['aws', `${aws}-backend-protocol`, 'tcp', 'tcp'],
    ['aws', `${aws}-nlb-target-type`, 'ip', 'ip'],
    ['azure', 'service.beta.kubernetes.io/azure-load-balancer-tcp-idle-timeout', '30', '30'],
    [
      'digitalocean',
      'service.beta.kubernetes.io/do-loadbalancer-enable-proxy-protocol',
      'false',
      'true',
    ],
    ['digitalocean', 'service.beta.kubernetes.io/do-loadbalancer-protocol', 'tcp', 'tcp'],
    ['gke', 'cloud.google.com/l4-rbs', 'enabled', 'enabled'],
    ['hetzner', 'load-balancer.hetzner.cloud/uses-proxyprotocol', 'false', 'true'],
    ['openstack', 'loadbalancer.openstack.org/proxy-protocol', 'false', 'true'],
    ['scaleway', 'service.beta.kubernetes.io/scw-loadbalancer-proxy-protocol-v2', 'false', 'true'],
  ] as const)
    test(`tells ${provider} of ${name.split('/')[1]}`, () => {
      assert.equal(annotations(provider, false)[name], without)
      assert.equal(annotations(provider, true)[name], withProxy)
    })
  test('gives the balancer of AWS the time of the drain', () => {
    const given = annotations('aws', false)[`${aws}-target-group-attributes`] ?? ''
    assert.match(given, /deregistration_delay\.timeout_seconds=70,/)
    assert.match(given, /preserve_client_ip\.enabled=true/)
  })
  test('may have annotations of one’s own, which win', () => {
    const own = { 'cloud.google.com/l4-rbs': 'off', a: 'b' }
    assert.deepEqual(service({ provider: 'gke', annotations: own }).metadata.annotations, own)
    assert.equal(service({ labels: { a: 'b' } }).metadata.labels?.a, 'b')
    assert.equal(service().metadata.annotations, undefined)
  })
})

suite('the web part', () => {
  const web = { ...external, web: { plain: { enabled: true } } }
  test('has a Service of its own inside the cluster', () => {
    const plain = one(render(web), 'Service', 'sluice-web')
    assert.equal(at(plain, 'spec.type'), 'ClusterIP')
    assert.equal(at(plain, 'spec.ports.0.targetPort'), 'web')
    assert.equal(allOf(render(external), 'Service').length, 1)
  })
  test('is reached through an Ingress', () => {
    const tls = [{ secretName: 'web', hosts: ['a.example.org'] }]
    const given = { enabled: true, className: 'x', annotations: { a: 'b' }, tls }
    const ingress = one(render({ ...web, ingress: given }), 'Ingress')
    assert.equal(at(ingress, 'spec.ingressClassName'), 'x')
    assert.equal(at(ingress, 'spec.rules.0.host'), 'smp.example.org')
    assert.deepEqual(at(ingress, 'spec.rules.0.http.paths.0.backend.service'), {
      name: 'sluice-web',
      port: { name: 'http' },
    })
    assert.deepEqual(at(ingress, 'spec.tls'), tls)
    assert.deepEqual(ingress.metadata.annotations, { a: 'b' })
    assert.equal(allOf(render(web), 'Ingress').length, 0)
  })
  test('has a certificate of cert-manager', () => {
    const certManager = { enabled: true, issuerRef: { name: 'ca', kind: 'ClusterIssuer' } }
    const certificate = one(
      render({ ...external, web: { certificate: { certManager } } }),
      'Certificate',
    )
    assert.equal(at(certificate, 'spec.secretName'), 'sluice-web')
    assert.deepEqual(at(certificate, 'spec.dnsNames'), ['smp.example.org'])
    assert.deepEqual(at(certificate, 'spec.issuerRef'), certManager.issuerRef)
  })
})

suite('routes of a Gateway', () => {
  const parentRefs = [{ name: 'public', namespace: 'gateways' }]
  const route = (kind: string, values: object) => {
    const given = { enabled: true, parentRefs, ...values }
    const name = `${kind.slice(0, -5).toLowerCase()}Route`
    const web = { plain: { enabled: true } }
    return one(render({ ...external, web, gateway: { [name]: given } }), kind)
  }
  for (const [kind, backend] of [
    ['TCPRoute', { name: 'sluice', port: 5223 }],
    ['TLSRoute', { name: 'sluice', port: 5223 }],
    ['HTTPRoute', { name: 'sluice-web', port: 80 }],
  ] as const)
    test(`of kind ${kind} lead to the relays`, () => {
      const made = route(kind, {})
      assert.equal(made.apiVersion, 'gateway.networking.k8s.io/v1')
      assert.deepEqual(at(made, 'spec.parentRefs'), parentRefs)
      assert.deepEqual(at(made, 'spec.rules.0.backendRefs'), [backend])
      const names = kind === 'TCPRoute' ? undefined : ['smp.example.org']
      assert.deepEqual(at(made, 'spec.hostnames'), names)
      assert.equal(allOf(render(external), kind).length, 0)
    })
  test('may be of an earlier version', () => {
    const apiVersion = 'gateway.networking.k8s.io/v1alpha2'
    assert.equal(route('TCPRoute', { apiVersion }).apiVersion, apiVersion)
    assert.equal(route('TLSRoute', { apiVersion }).apiVersion, apiVersion)
  })
  test('may be for other names', () => {
    const hostnames = ['web.example.org']
    assert.deepEqual(at(route('TLSRoute', { hostnames }), 'spec.hostnames'), hostnames)
    assert.deepEqual(at(route('HTTPRoute', { hostnames }), 'spec.hostnames'), hostnames)
  })
})

suite('traffic', () => {
  const policy = (values: Values = external) => one(render(values), 'NetworkPolicy', 'sluice')
  const rules = (values: Values, way: 'ingress' | 'egress') => listAt(policy(values), `spec.${way}`)
  const ports = (rule: unknown) => listAt(rule, 'ports').map((port) => at(port, 'port'))
  const everywhere = [{ namespaceSelector: {} }]

  test('is for the relays’ pods, in both directions', () => {
    assert.deepEqual(at(policy(), 'spec.policyTypes'), ['Ingress', 'Egress'])
    assert.deepEqual(
      at(policy(), 'spec.podSelector.matchLabels'),
      at(one(render(external), 'Deployment'), 'spec.selector.matchLabels'),
    )
  })
  test('comes in by port: SMP from everywhere, health and metrics from pods', () => {
    const [smp, ops, ...others] = rules(external, 'ingress')
    assert.deepEqual([ports(smp), at(smp, 'from')], [['smp'], undefined])
    assert.deepEqual([ports(ops), at(ops, 'from')], [['ops'], everywhere])
    assert.deepEqual(others, [])
  })
  test('comes in from whom one names', () => {
    const peers = [{ ipBlock: { cidr: '192.0.2.0/24' } }]
    const networkPolicy = { smpFrom: peers, webFrom: peers, opsFrom: peers }
    const given = rules(
      { ...external, networkPolicy, web: { plain: { enabled: true } } },
      'ingress',
    )
    assert.deepEqual(given.map(ports), [['smp'], ['web'], ['ops']])
    for (const rule of given) assert.deepEqual(at(rule, 'from'), peers)
  })
  test('goes out to DNS, Redis, and the world without private networks', () => {
    const [dns, redis, world, ...others] = rules(external, 'egress')
    assert.deepEqual([ports(dns), at(dns, 'to')], [[53, 53], everywhere])
    assert.deepEqual([ports(redis), at(redis, 'to')], [[6379], undefined])
    const [v4, v6] = listAt(world, 'to')
    assert.equal(at(v4, 'ipBlock.cidr'), '0.0.0.0/0')
    for (const range of ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16'])
      assert.ok(listAt(v4, 'ipBlock.except').includes(range), range)
    assert.equal(at(v6, 'ipBlock.cidr'), '::/0')
    assert.ok(listAt(v6, 'ipBlock.except').includes('fc00::/7'))
    assert.deepEqual(others, [])
  })
  for (const off of ['off', false])
    test(`does not go out to the world where nothing is forwarded (${off})`, () => {
      const given = rules({ ...external, config: { SLUICE_PROXY: off } }, 'egress')
      assert.deepEqual(given.map(ports), [[53, 53], [6379]])
    })
  for (const [redis, expected] of [
    [{ hosts: ['a:7000'] }, [7000]],
    [{ hosts: ['a', 'b:7000'], topology: 'cluster' }, [6379, 7000]],
    [{ hosts: ['a', 'b:7000'], topology: 'sentinel', sentinelPrimary: 'p' }, [26379, 7000, 6379]],
    [{ existingSecret: 'redis' }, [6379]],
  ] as const)
    test(`goes out to the ports ${expected} of Redis`, () => {
      assert.deepEqual(ports(rules({ ...external, redis }, 'egress')[1]), expected)
    })
  test('goes out to a Redis and ports that one names, and where else one says', () => {
    const to = [{ ipBlock: { cidr: '192.0.2.0/24' } }]
    const extra = { to, ports: [{ protocol: 'TCP', port: 9050 }] }
    const networkPolicy = {
      redisTo: to,
      redisPorts: [7777],
      extraEgress: [extra],
      extraIngress: [{ from: to }],
    }
    const given = rules({ ...external, networkPolicy }, 'egress')
    assert.deepEqual([ports(given[1]), at(given[1], 'to')], [[7777], to])
    assert.deepEqual(given.at(-1), extra)
    assert.deepEqual(rules({ ...external, networkPolicy }, 'ingress').at(-1), { from: to })
  })
  test('to the Valkey of a trial is that of relays and its own', () => {
    const [rule] = listAt(one(render({}), 'NetworkPolicy', 'sluice-valkey'), 'spec.ingress')
    const components = listAt(rule, 'from').map(
      (peer) =>
        (at(peer, 'podSelector.matchLabels') as Record<string, string>)[
          'app.kubernetes.io/component'
        ],
    )
    assert.deepEqual(components, ['relay', 'valkey'])
    assert.deepEqual(ports(rules({}, 'egress')[1]), [6379])
  })
  test('is not limited if one says so', () => {
    const given = { networkPolicy: { enabled: false } }
    assert.equal(allOf(render(given), 'NetworkPolicy').length, 0)
  })
})
