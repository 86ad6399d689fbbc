// Preloaded into every Node program of the tests: `*.localhost` is this machine (RFC 6761), whatever the system's
// resolver says.
const dns = require('node:dns')

const system = dns.lookup
dns.lookup = (name, options, callback) => {
  if (typeof options === 'function') [options, callback] = [{}, options]
  const all = typeof options === 'object' && options?.all
  if (name === 'localhost' || name.endsWith('.localhost')) {
    const found = { address: '127.0.0.1', family: 4 }
    process.nextTick(() => (all ? callback(null, [found]) : callback(null, found.address, found.family)))
    return {}
  }
  return system(name, options, callback)
}

const systemPromise = dns.promises.lookup
dns.promises.lookup = async (name, options) => {
  if (name !== 'localhost' && !name.endsWith('.localhost')) return systemPromise(name, options)
  const found = { address: '127.0.0.1', family: 4 }
  return typeof options === 'object' && options?.all ? [found] : found
}
