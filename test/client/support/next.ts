import assert from 'node:assert/strict'

/** The next item; there must be one. */
export const next = async <T>(items: AsyncIterable<T>): Promise<T> => {
  const { value, done } = await items[Symbol.asyncIterator]().next()
  assert.ok(!done, 'it ended')
  return value
}

/** All items up to the end. */
export const collect = async <T>(items: AsyncIterable<T>): Promise<readonly T[]> => {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
