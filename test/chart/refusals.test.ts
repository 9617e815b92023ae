/** Values that must not be taken, and what Helm says to them. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { settingsTable } from '../../src/config/settings.ts'
import { refusal, type Values } from './support/chart.ts'
import { external } from './support/values.ts'

type Refused = readonly (readonly [values: Values, words: RegExp])[]

const single = { inMemory: true, replicaCount: 1 }
const gateway = (name: string) => ({ ...external, gateway: { [name]: { enabled: true } } })
const config = (name: string, value: unknown = 'x') => ({ ...external, config: { [name]: value } })

const checks: Refused = [
  [{ identity: { create: false } }, /an identity is needed: .*identity\.existingSecret/],
  [{ valkey: { enabled: false } }, /a store is needed: redis\.existingSecret or redis\.hosts/],
  [{ redis: { hosts: ['a'] } }, /there are two stores: set valkey\.enabled=false/],
  [{ redis: { existingSecret: 'a' } }, /there are two stores/],
  [{ inMemory: true }, /inMemory keeps queues in one relay: set replicaCount=1/],
  [{ ...single, autoscaling: { enabled: true } }, /set replicaCount=1 and no autoscaler/],
  [{ ...single, keda: { enabled: true } }, /set replicaCount=1 and no autoscaler/],
  [{ ...single, redis: { hosts: ['a'] } }, /inMemory keeps queues in one relay: remove redis/],
  [{ ...external, redis: { hosts: ['a', 'b'] } }, /standalone has one host/],
  [{ ...external, redis: { hosts: ['a'], topology: 'sentinel' } }, /needs redis\.sentinelPrimary/],
  [
    { ...external, redis: { hosts: ['a'], topology: 'cluster', database: 1 } },
    /redis\.database is for redis\.topology standalone/,
  ],
  [
    { ...external, redis: { hosts: ['a'], username: 'u' } },
    /redis\.username needs redis\.password\.existingSecret/,
  ],
  [
    { ...external, autoscaling: { enabled: true }, keda: { enabled: true } },
    /one autoscaler sets the number of relays/,
  ],
  [
    { ...external, autoscaling: { enabled: true, cpuUtilization: null } },
    /autoscaling needs a metric/,
  ],
  [{ ...external, keda: { enabled: true, cpuUtilization: null } }, /keda needs a trigger/],
  [
    { ...external, autoscaling: { enabled: true, minReplicas: 9, maxReplicas: 3 } },
    /autoscaling\.minReplicas is above autoscaling\.maxReplicas/,
  ],
  [{ ...external, keda: { enabled: true, minReplicas: 99 } }, /keda\.minReplicas is above/],
  [{ ...external, proxyProtocol: { enabled: true } }, /proxyProtocol\.from is needed/],
  [{ ...external, ingress: { enabled: true } }, /set web\.plain\.enabled=true/],
  [gateway('httpRoute'), /set web\.plain\.enabled=true/],
  [gateway('tcpRoute'), /gateway\.tcpRoute\.parentRefs is needed/],
  [gateway('tlsRoute'), /gateway\.tlsRoute\.parentRefs is needed/],
  [
    { gateway: { tlsRoute: { enabled: true, parentRefs: [{ name: 'a' }] } } },
    /hosts is needed for routes and certificates by name/,
  ],
  [
    { ...external, web: { certificate: { certManager: { enabled: true } } } },
    /certManager\.issuerRef\.name is needed/,
  ],
  [{ ...external, admin: { enabled: true } }, /admin\.existingSecret is needed/],
  [
    { metrics: { podMonitor: { enabled: true }, serviceMonitor: { enabled: true } } },
    /each relay would be scraped twice/,
  ],
  [config('SLUICE_PORT'), /config\.SLUICE_PORT: use service\.ports/],
  [config('SLUICE_HOST'), /config\.SLUICE_HOST: use hosts/],
  [config('SLUICE_OPS_PORT'), /config\.SLUICE_OPS_PORT: use metrics\.port/],
  [config('SLUICE_DATA_DIR'), /use identity\.existingSecret/],
  [config('SLUICE_DRAIN_SECONDS', 5), /use drain\.seconds/],
  [config('SLUICE_ADMIN_BIND'), /config\.SLUICE_ADMIN_BIND: use admin/],
  [config('SLUICE_REDIS_URL'), /config\.SLUICE_REDIS_URL is a secret: use redis/],
  [config('SLUICE_CLUSTER_KEY'), /is a secret: use clusterKey\.existingSecret/],
  [config('SLUICE_CREATE_PASSWORD'), /is a secret: use createPassword\.existingSecret/],
  [config('SLUICE_CREATE_PASSWORD_FILE'), /is a secret: use createPassword\.existingSecret/],
  [config('SLUICE_ADMIN_TOKEN'), /is a secret: use admin\.existingSecret/],
  [{ ...external, liveConfig: { SLUICE_PORT: 1 } }, /liveConfig\.SLUICE_PORT: use service/],
  [
    { ...config('SLUICE_QUEUE_QUOTA', 1), liveConfig: { SLUICE_QUEUE_QUOTA: 2 } },
    /SLUICE_QUEUE_QUOTA is in config and in liveConfig/,
  ],
  [config('SLUICE_SOCKS_PROXY'), /is a secret: use extraEnv/],
]

const schema: Refused = [
  [{ replicas: 3 }, /replicas/],
  [{ image: { name: 'x' } }, /name/],
  [{ image: { digest: 'latest' } }, /digest/],
  [{ image: { pullPolicy: 'Sometimes' } }, /pullPolicy/],
  [{ replicaCount: -1 }, /replicaCount/],
  [{ replicaCount: '3' }, /replicaCount/],
  [{ hosts: 'smp.example.org' }, /hosts/],
  [{ hosts: ['smp://a'] }, /hosts/],
  [{ hosts: ['a', 'a'] }, /hosts/],
  [config('QUEUE_QUOTA'), /QUEUE_QUOTA/],
  [config('SLUICE_QUEUE_QUOTA', [1]), /SLUICE_QUEUE_QUOTA/],
  [{ identity: { existingSecret: 'Not_A_Name' } }, /existingSecret/],
  [{ clusterKey: { key: '' } }, /key/],
  [{ ...external, redis: { hosts: ['redis://a'] } }, /hosts/],
  [{ ...external, redis: { hosts: ['a'], topology: 'ring' } }, /topology/],
  [{ ...external, redis: { hosts: ['a'], database: -1 } }, /database/],
  [{ valkey: { maxMemory: 'half' } }, /maxMemory/],
  [{ valkey: { replicas: 9 } }, /replicas/],
  [{ valkey: { persistence: { size: 'big' } } }, /size/],
  [{ drain: { seconds: 3601 } }, /seconds/],
  [{ drain: { delaySeconds: '10' } }, /delaySeconds/],
  [{ service: { type: 'ExternalName' } }, /type/],
  [{ service: { provider: 'cloud' } }, /provider/],
  [{ service: { ports: [] } }, /ports/],
  [{ service: { ports: [70000] } }, /ports/],
  [{ service: { externalTrafficPolicy: 'local' } }, /externalTrafficPolicy/],
  [{ service: { ipFamilies: ['IPv5'] } }, /ipFamilies/],
  [{ proxyProtocol: { enabled: true, from: ['everybody'] } }, /from/],
  [{ web: { plain: { enabled: true, port: 80 } } }, /port/],
  [{ gateway: { tcpRoute: { enabled: true, parentRefs: [{}] } } }, /parentRefs/],
  [{ gateway: { tcpRoute: { apiVersion: 'v1' } } }, /apiVersion/],
  [{ admin: { port: 1 } }, /port/],
  [{ metrics: { port: 443 } }, /port/],
  [{ metrics: { podMonitor: { interval: 'often' } } }, /interval/],
  [{ podDisruptionBudget: { maxUnavailable: 'one' } }, /maxUnavailable/],
  [{ podDisruptionBudget: { unhealthyPodEvictionPolicy: 'Never' } }, /unhealthyPodEvictionPolicy/],
  [{ strategy: { maxSurge: 0 } }, /maxSurge/],
  [{ strategy: { maxUnavailable: 1 } }, /maxUnavailable/],
  [{ podAntiAffinity: 'firm' }, /podAntiAffinity/],
  [{ autoscaling: { minReplicas: 0 } }, /minReplicas/],
  [{ keda: { prometheus: { serverAddress: 'prometheus' } } }, /serverAddress/],
  [{ networkPolicy: { exceptIPv4: ['fc00::/7'] } }, /exceptIPv4/],
  [{ networkPolicy: { smpFrom: [{ host: 'a' }] } }, /smpFrom/],
  [{ extraEnv: [{ value: 'x' }] }, /extraEnv/],
  [{ extraEnv: { NAME: 'x' } }, /extraEnv/],
  [{ extraVolumeMounts: [{ name: 'x' }] }, /extraVolumeMounts/],
  [{ fullnameOverride: 'A name' }, /fullnameOverride/],
  [{ tests: { host: 1 } }, /host/],
]

const titleOf = (values: Values): string => {
  const own = Object.entries(values).filter(([name, value]) => external[name] !== value)
  return JSON.stringify(Object.fromEntries(own))
}

suite('values that contradict each other', () => {
  for (const [values, words] of checks)
    test(titleOf(values), () => assert.match(refusal(values), words))
})

suite('secrets of the relay', () => {
  for (const { variable, secret } of settingsTable.values())
    if (secret)
      test(`${variable} is not taken as a setting`, () => {
        for (const name of [variable, `${variable}_FILE`])
          assert.match(refusal(config(name)), /is a secret: use /, name)
      })
})

suite('values that the schema does not have', () => {
  for (const [values, words] of schema)
    test(titleOf(values), () => {
      const said = refusal(values)
      assert.match(said, /values don't meet the specifications of the schema/)
      assert.match(said, words)
    })
})
