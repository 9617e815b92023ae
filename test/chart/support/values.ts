/** Values that tests begin with, and the ones that every check is made for. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { chartFolder, type Values } from './chart.ts'

/** Nothing is made in the cluster, and little is given. */
export const external: Values = {
  hosts: ['smp.example.org'],
  identity: { existingSecret: 'my-identity', create: false },
  clusterKey: { existingSecret: 'my-key' },
  valkey: { enabled: false },
  redis: { hosts: ['redis.example.org'] },
}

const production: Values = parse(readFileSync(join(chartFolder, 'values-production.yaml'), 'utf8'))

const gatewayRef = [{ name: 'public', namespace: 'gateways', sectionName: 'smp' }]

/** Every switch on that can be on together. */
const everything: Values = {
  ...external,
  commonLabels: { team: 'messaging' },
  commonAnnotations: { owner: 'messaging@example.org' },
  image: { registry: 'registry.example.org', digest: `sha256:${'a'.repeat(64)}` },
  imagePullSecrets: [{ name: 'registry' }],
  config: { SLUICE_DURABILITY: 'replica', SLUICE_MESSAGE_TTL_SECONDS: 1814400 },
  liveConfig: { SLUICE_QUEUE_QUOTA: 64, SLUICE_LOG_LEVEL: 'warn' },
  createPassword: { existingSecret: 'create' },
  redis: {
    topology: 'sentinel',
    hosts: ['sentinel-0:26379', 'sentinel-1:26379'],
    sentinelPrimary: 'primary',
    username: 'sluice',
    password: { existingSecret: 'redis' },
    sentinelPassword: { existingSecret: 'sentinel' },
    tls: { enabled: true, ca: { existingSecret: 'redis-ca' } },
  },
  service: {
    provider: 'aws',
    ports: [5223, 443],
    loadBalancerClass: 'service.k8s.aws/nlb',
    loadBalancerSourceRanges: ['192.0.2.0/24'],
    ipFamilyPolicy: 'PreferDualStack',
    ipFamilies: ['IPv4', 'IPv6'],
    trafficDistribution: 'PreferSameZone',
    allocateLoadBalancerNodePorts: false,
    annotations: { note: 'service' },
  },
  proxyProtocol: { enabled: true, from: ['10.0.0.0/8', '2001:db8::/32'] },
  web: {
    certificate: { certManager: { enabled: true, issuerRef: { name: 'ca', kind: 'Issuer' } } },
    plain: { enabled: true },
  },
  ingress: { enabled: true, className: 'haproxy', tls: [{ hosts: ['smp.example.org'] }] },
  gateway: {
    tcpRoute: { enabled: true, parentRefs: gatewayRef },
    tlsRoute: { enabled: true, parentRefs: gatewayRef },
    httpRoute: { enabled: true, parentRefs: gatewayRef },
  },
  admin: { enabled: true, existingSecret: 'admin' },
  autoscaling: { enabled: true, connectionsPerPod: 10_000 },
  podAntiAffinity: 'hard',
  priorityClassName: 'system-cluster-critical',
  nodeSelector: { pool: 'messaging' },
  tolerations: [{ key: 'messaging', operator: 'Exists' }],
  extraEnv: [{ name: 'TZ', value: 'UTC' }],
  extraVolumes: [{ name: 'extra', emptyDir: {} }],
  extraVolumeMounts: [{ name: 'extra', mountPath: '/extra' }],
  extraObjects: [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '{{ .Release.Name }}-extra' } },
  ],
  metrics: {
    serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
    prometheusRule: {
      enabled: true,
      extraGroups: [{ name: 'own', rules: [{ alert: 'Own', expr: 'vector(1)' }] }],
    },
    dashboards: { enabled: true },
  },
}

const keda: Values = {
  ...external,
  redis: { topology: 'cluster', hosts: ['redis-0', 'redis-1'] },
  service: { type: 'NodePort', nodePorts: [30523] },
  keda: { enabled: true, prometheus: { serverAddress: 'http://prometheus:9090' } },
  metrics: { podMonitor: { enabled: true } },
}

const inMemory: Values = { inMemory: true, replicaCount: 1, networkPolicy: { enabled: false } }

/** By name; what is made of each must be valid and secure. */
export const matrix: Readonly<Record<string, Values>> = {
  'the defaults': {},
  production,
  everything,
  'keda and a Redis Cluster': keda,
  'in memory': inMemory,
  'a trial without a disk': {
    service: { type: 'ClusterIP' },
    valkey: { persistence: { enabled: false }, replicas: 0 },
  },
}
