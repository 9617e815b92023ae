/** For "did you mean": the known word that differs least from a mistyped one. */

const FARTHEST = 3

/** Levenshtein distance. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (const [i, left] of Array.from(a).entries()) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      const swap = (row[j] ?? 0) + (left === b[j] ? 0 : 1)
      next.push(Math.min(swap, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

export const nearest = (word: string, known: Iterable<string>): string | undefined => {
  let best: { readonly name: string; readonly far: number } | undefined
  for (const name of known) {
    // the length alone is a lower bound: a very long word costs nothing
    if (Math.abs(name.length - word.length) > FARTHEST) continue
    const far = distance(word, name)
    if (far <= FARTHEST && (best === undefined || far < best.far)) best = { name, far }
  }
  return best?.name
}
