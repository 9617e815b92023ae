// The health check of the image: whether the relay of this container is alive. An orchestrator with probes of its
// own asks /readyz too.
const { SLUICE_OPS_PORT: port = '9090', SLUICE_OPS_BIND, SLUICE_BIND } = process.env
const host = SLUICE_OPS_BIND ?? SLUICE_BIND ?? '127.0.0.1'
const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}/livez`

const isAlive = async () => {
  // then there is nobody to ask
  if (port === 'off') return true
  const { ok } = await fetch(url, { signal: AbortSignal.timeout(4000) })
  return ok
}
process.exitCode = (await isAlive().catch(() => false)) ? 0 : 1
