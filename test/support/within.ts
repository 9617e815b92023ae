const LIMIT_MS = 30_000

/** Fails when `promise` takes too long, so that a test that waits in vain still cleans up. */
export const within = async <T>(
  what: string,
  promise: Promise<T>,
  limitMs = LIMIT_MS,
): Promise<T> => {
  const late = Promise.withResolvers<never>()
  const problem = new Error(`not within ${limitMs} ms: ${what}`)
  const timer = setTimeout(() => late.reject(problem), limitMs)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
