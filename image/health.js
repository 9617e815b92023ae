// The health check of the image: whether the relay of this container is alive. An orchestrator with probes of its
// own asks /readyz too.
const port = process.env.SLUICE_OPS_PORT ?? '9090'
try {
  const answer = await fetch(`http://127.0.0.1:${port}/livez`, {
    signal: AbortSignal.timeout(4000),
  })
  process.exitCode = answer.ok ? 0 : 1
} catch {
  process.exitCode = 1
}
