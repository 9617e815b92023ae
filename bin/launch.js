/** How the launcher starts the program: in this process, or in another Node where this one is too old. */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'

/** The oldest Node that runs the sources as they are; `engines` of package.json says the same. */
export const OLDEST_NODE = 24

/**
 * @param {{ version: string, root: string, platform: string, exists: (path: string) => boolean }} place
 *   `version` of the running Node, `root` of the package
 * @returns {{ main: string, node?: string } | { problem: string }}
 *   `node`: the program to run `main` with; absent: this process does
 */
export const planLaunch = ({ version, root, platform, exists }) => {
  const source = join(root, 'src', 'cli', 'main.ts')
  // an installed package has no sources: Node does not strip types below node_modules
  const main = exists(source) ? source : join(root, 'dist', 'cli', 'main.js')
  if (Number.parseInt(version, 10) >= OLDEST_NODE) return { main }
  const program = platform === 'win32' ? 'node.exe' : 'node'
  const node = join(root, 'node_modules', 'node', 'bin', program)
  if (exists(node)) return { main, node }
  const remedy = exists(source) ? `run npm ci in ${root}, which brings one, or ` : ''
  return {
    problem: `needs Node ${OLDEST_NODE} or newer and this is ${version}: ${remedy}install it from https://nodejs.org`,
  }
}

const forwarded = ['SIGTERM', 'SIGINT', 'SIGHUP']

/**
 * Runs a program in place of this one: its streams, its signals, its exit code.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
export const runInstead = (program, args) =>
  new Promise((resolve, reject) => {
    // before it runs: a signal in between would end this process, and leave the other one behind
    let child
    for (const signal of forwarded) process.on(signal, () => child.kill(signal))
    child = spawn(program, args, { stdio: 'inherit' })
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]))
  })
