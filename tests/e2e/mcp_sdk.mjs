// An agent on the npm MCP SDK: lists the tools, writes a new page, edits an old one, reads, searches, lists.
//
// Standard input: { url, token, readToken, page, edit: { page, oldString, newString }, word, others: [{ page, shows }] }
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { assert, contains, done, input, step } from './tap.mjs'

const given = input()

async function connect(token) {
  const client = new Client({ name: 'robotwiki-e2e', version: '1.0.0' })
  const headers = token ? { Authorization: `Bearer ${token}` } : {}
  await client.connect(new StreamableHTTPClientTransport(new URL(given.url), { requestInit: { headers } }))
  return client
}

async function call(client, name, args) {
  const result = await client.callTool({ name, arguments: args })
  const text = result.content.map((block) => block.text ?? '').join('\n')
  return { text, failed: result.isError === true }
}

async function works(client, name, args) {
  const { text, failed } = await call(client, name, args)
  assert.ok(!failed, `${name}: ${text}`)
  return text
}

/** The full revision in the head that `read_note` prints. */
const revisionOf = (text) => /^Revision: ([0-9a-f]{40})$/m.exec(text)?.[1]

await step('without a token there is no connection', async () => {
  await assert.rejects(connect(''), /401|[Uu]nauthorized/)
  await assert.rejects(connect('rw_' + 'A'.repeat(43)), /401|[Uu]nauthorized|[Ii]nvalid/)
})
const client = await step('connect', () => connect(given.token))
await step('the tools are there, with their hints', async () => {
  const { tools } = await client.listTools()
  const names = tools.map((tool) => tool.name)
  for (const name of ['read_note', 'write_note', 'edit_note', 'list_notes', 'search_notes']) assert.ok(names.includes(name), `${name} in ${names}`)
  for (const tool of tools) {
    assert.ok(tool.description && tool.inputSchema?.type === 'object', tool.name)
    assert.equal(typeof tool.annotations?.readOnlyHint, 'boolean', `${tool.name} says whether it only reads`)
  }
  assert.equal(tools.find((tool) => tool.name === 'read_note').annotations.readOnlyHint, true)
})
await step('write_note creates a page', async () => {
  const text = await works(client, 'write_note', { path: given.page, content: `# From an agent\n\nThe word is ${given.word}.\n` })
  assert.match(text, new RegExp(`^Created .+ \\(revision: [0-9a-f]{8}\\)`))
})
await step('read_note reads it back', async () => {
  const text = await works(client, 'read_note', { path: given.page })
  contains(text, given.word)
  assert.ok(revisionOf(text), text)
})
await step('write_note wants the revision of a page that exists', async () => {
  const { text } = await call(client, 'write_note', { path: given.page, content: 'over it' })
  assert.match(text, /revision/i)
  contains(await works(client, 'read_note', { path: given.page }), given.word)
})
await step('write_note updates with the revision', async () => {
  const revision = revisionOf(await works(client, 'read_note', { path: given.page }))
  const text = await works(client, 'write_note', { path: given.page, content: `# From an agent\n\nThe word is still ${given.word}.\n`, revision, commit_message: 'Say it again' })
  assert.match(text, /^Updated .+ \(revision: [0-9a-f]{8}\)/)
})
await step('edit_note replaces one string', async () => {
  const before = await works(client, 'read_note', { path: given.edit.page })
  const text = await works(client, 'edit_note', { path: given.edit.page, revision: revisionOf(before), old_string: given.edit.oldString, new_string: given.edit.newString })
  assert.match(text, /^Edited .+ \(revision: [0-9a-f]{8}\)/)
  contains(await works(client, 'read_note', { path: given.edit.page }), given.edit.newString)
})
await step('edit_note refuses a stale revision', async () => {
  const { text } = await call(client, 'edit_note', { path: given.edit.page, revision: '0'.repeat(40), old_string: given.edit.newString, new_string: 'x' })
  assert.match(text, /^Conflict: /)
})
await step('a missing page is named', async () => {
  const { text } = await call(client, 'read_note', { path: 'No such page' })
  assert.match(text, /Page not found: .*No such page/)
})
await step('search_notes finds the new page at once', async () => {
  const text = await works(client, 'search_notes', { query: given.word })
  assert.match(text, new RegExp(`results for "${given.word}":`))
  contains(text, given.page)
})
await step('list_notes lists it, and can narrow', async () => {
  contains(await works(client, 'list_notes', {}), given.page)
  const narrowed = await works(client, 'list_notes', { prefix: given.page })
  assert.match(narrowed, /^Found 1 notes/)
})
for (const other of given.others) {
  await step(`${other.page}: edited elsewhere`, async () => contains(await works(client, 'read_note', { path: other.page }), other.shows))
}
await client.close()

const reader = await step('a read token connects', () => connect(given.readToken))
await step('and reads, but does not write', async () => {
  contains(await works(reader, 'read_note', { path: given.page }), given.word)
  const refused = await call(reader, 'write_note', { path: 'Smuggled', content: 'x' }).catch((error) => ({ failed: true, text: String(error) }))
  assert.ok(refused.failed, refused.text)
  const missing = await call(reader, 'read_note', { path: 'Smuggled' })
  assert.match(missing.text, /Page not found/)
})
await reader.close()
done()
