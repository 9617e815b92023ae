// Puts together a root file system that can run this Node and nothing else: the program, the libraries it is
// linked to, certificates of authorities, a user. Scanners find the packages as in distroless images.
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const [root] = process.argv.slice(2)
const inRoot = (path) => join(root, path)
const output = (program, ...args) => execFileSync(program, args, { encoding: 'utf8' })

const write = (path, text) => {
  mkdirSync(dirname(inRoot(path)), { recursive: true })
  writeFileSync(inRoot(path), text)
}
const copy = (from, to = from) => {
  mkdirSync(dirname(inRoot(to)), { recursive: true })
  cpSync(realpathSync(from), inRoot(to))
}

const node = process.execPath
// "libm.so.6 => /lib/…/libm.so.6 (0x…)", and the loader without an arrow
const libraries = [...output('ldd', node).matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path)
copy(node, '/usr/local/bin/node')
for (const library of libraries) copy(library)
copy('/etc/ssl/certs/ca-certificates.crt')

const owners = new Set(['ca-certificates'])
for (const library of libraries)
  owners.add(output('dpkg', '-S', realpathSync(library)).split(':')[0])
for (const name of owners) {
  write(`/var/lib/dpkg/status.d/${name}`, output('dpkg-query', '--status', name))
  const licence = `/usr/share/doc/${name}/copyright`
  if (existsSync(licence)) copy(licence)
}
if (existsSync('/usr/local/LICENSE')) copy('/usr/local/LICENSE')

copy('/etc/os-release')
write('/etc/passwd', 'root:x:0:0:root:/:/none\nsluice:x:10001:10001:sluice:/data:/none\n')
write('/etc/group', 'root:x:0:\nsluice:x:10001:\n')
write('/etc/nsswitch.conf', 'hosts: files dns\n')
mkdirSync(inRoot('/tmp'))
chmodSync(inRoot('/tmp'), 0o1777)
