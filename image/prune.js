// Removes from a folder of installed packages what no relay on this platform loads.
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const [folder] = process.argv.slice(2)
// declarations, sources of what is there compiled, maps, texts
const unused = /\.(?:[cm]?ts|map|md|markdown|flow|bare)$/i
// has to go with every copy
const legal = /^(?:licen[cs]e|copying|notice)/i

const prune = (directory) => {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) prune(path)
    else if (unused.test(entry.name) && !legal.test(entry.name)) rmSync(path)
  }
}

/** Binaries for other platforms. */
const keepPlatform = (prebuilds) => {
  const own = `${process.platform}-${process.arch}`
  const all = readdirSync(prebuilds)
  if (!all.includes(own)) throw new Error(`${prebuilds} has nothing for ${own}`)
  for (const name of all) if (name !== own) rmSync(join(prebuilds, name), { recursive: true })
}

prune(folder)
keepPlatform(join(folder, 'sodium-native', 'prebuilds'))
// its sources of the C library
rmSync(join(folder, 'sodium-native', 'deps'), { recursive: true, force: true })
