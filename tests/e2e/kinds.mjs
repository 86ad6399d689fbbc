// Every kind of page that people see, in one table: axe looks at each, and `make screenshots` takes their pictures.
// A template of web/templates that no row shows fails the test.

const handbook = '/Station/Handbook'

/** Types into the editor, whichever it is. */
async function type(page, text) {
  const rich = page.locator('.rich-editor .cm-content')
  if (await rich.count() === 0) return page.locator('textarea[name=content]').fill(text)
  await rich.click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(text)
}

/** Opens the form of a page, lets somebody else save it, and saves. */
async function conflict(page, { wiki, client }, theirs) {
  const path = '/Station/Contested'
  await client.write('Station/Contested', '# Contested\n\nOne line.\n\nAnother line.\n')
  await page.goto(`${wiki}${path}/edit`)
  if (theirs) await client.write('Station/Contested', theirs)
  else await client.call('DELETE', client.at('Station/Contested'), {})
  await type(page, '# Contested\n\nOne line, as I see it.\n\nAnother line.\n')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByRole('button', { name: 'Save mine' }).waitFor()
}

/**
 * A row: its name, the template that it shows, who looks (`owner`, `other` and `nobody`; `plain` is the owner without
 * scripts), and where: a path of the wiki, an address of another host, or what has to be done to get there.
 */
export const kinds = [
  { name: 'landing page', template: 'landing.html', as: 'nobody', at: (d) => d.root + '/' },
  { name: 'landing page, signed in', template: 'landing.html', as: 'owner', at: (d) => d.root + '/' },
  { name: 'sign in', template: 'sign_in.html', as: 'nobody', at: (d) => d.root + '/auth/sign-in' },
  { name: 'sign in with a link', template: 'sign_in_confirm.html', as: 'nobody', at: (d) => d.freshLink },
  { name: 'sign in with a used link', template: 'sign_in.html', as: 'nobody', at: (d) => d.root + '/auth/link?token=used' },
  { name: 'signed out', template: 'signed_out.html', as: 'nobody', at: (d) => d.wiki + '/-/index', run: async (page, d) => {
    await page.goto(d.otherLink2)
    await page.getByRole('button', { name: /Sign in as/ }).click()
    await page.waitForURL(d.root + '/')
    await page.getByText('Sign out').first().evaluate((button) => button.click())
    await page.getByText('You are signed out').first().waitFor()
  }, once: true },
  { name: 'private wiki, nobody', template: 'forbidden.html', as: 'nobody', at: (d) => d.secret + '/Home' },
  { name: 'private wiki, a stranger', template: 'forbidden.html', as: 'other', at: (d) => d.secret + '/Home' },

  { name: 'home', template: 'page.html', as: 'owner', at: '/' },
  { name: 'page with everything', template: 'page.html', as: 'owner', at: handbook },
  { name: 'page with everything, a reader', template: 'page.html', as: 'nobody', at: handbook },
  { name: 'short page with a long name', template: 'page.html', as: 'owner', at: '/Observations/A_name_that_is_long_enough_to_need_two_lines_on_a_telephone_&_has_%3Cangle%3E_%22quotes%22' },
  { name: 'page after a merge', template: 'page.html', as: 'owner', at: handbook + '?merged=1' },
  { name: 'old version', template: 'page.html', as: 'owner', at: (d) => `${d.wiki}${handbook}?revision=${d.first}` },
  { name: 'history', template: 'history.html', as: 'owner', at: handbook + '/history' },
  { name: 'comparison in two columns', template: 'diff.html', as: 'owner', at: handbook + '/diff' },
  { name: 'comparison in one column', template: 'diff.html', as: 'owner', at: handbook + '/diff?view=inline' },
  { name: 'blame', template: 'blame.html', as: 'owner', at: handbook + '/blame' },
  { name: 'a change', template: 'commit.html', as: 'owner', at: (d) => `${d.wiki}/-/commit/${d.revision}` },
  { name: 'changes', template: 'changelog.html', as: 'owner', at: '/-/changelog' },
  { name: 'index', template: 'index.html', as: 'owner', at: '/-/index' },
  { name: 'index with headings', template: 'index.html', as: 'owner', at: '/-/index?headings=1' },
  { name: 'index, filtered', template: 'index.html', as: 'nobody', at: '/-/index?q=o' },
  { name: 'a folder', template: 'index.html', as: 'owner', at: '/Observations' },
  { name: 'sidebar', template: 'page.html', as: 'nobody', run: async (page, d) => {
    await page.goto(d.wiki + handbook)
    const open = page.getByRole('button', { name: 'Pages', exact: true })
    if (await open.isVisible()) await open.click()
  } },
  { name: 'search as one types', template: 'search.html', as: 'owner', run: async (page, d) => {
    await page.goto(`${d.wiki}/-/search`)
    await page.locator('#search-field').click()
    await page.locator('#search-field[role=combobox]').fill('sta')
    await page.getByRole('option').first().waitFor()
  } },
  { name: 'keyboard shortcuts', template: 'page.html', as: 'owner', run: async (page, d) => {
    await page.goto(d.wiki + handbook)
    await page.keyboard.press('?')
    await page.getByRole('dialog').waitFor()
  } },
  { name: 'source', template: 'source.html', as: 'nobody', at: handbook + '/source' },
  { name: 'search', template: 'search.html', as: 'owner', at: '/-/search?q=pressure' },
  { name: 'search, nothing found', template: 'search.html', as: 'owner', at: '/-/search?q=xylophone&mode=text' },
  { name: 'search, nothing asked', template: 'search.html', as: 'owner', at: '/-/search' },
  { name: 'search index', template: 'index_status.html', as: 'owner', at: '/-/search/status' },
  { name: 'tags', template: 'names.html', as: 'owner', at: '/-/tags' },
  { name: 'a tag', template: 'pages_with.html', as: 'owner', at: '/-/tags/rain' },
  { name: 'categories', template: 'names.html', as: 'owner', at: '/-/categories' },
  { name: 'links to mend', template: 'links_overview.html', as: 'owner', at: '/-/links' },
  { name: 'links of a page', template: 'links.html', as: 'owner', at: '/-/links' + handbook },
  { name: 'files of a page', template: 'files.html', as: 'owner', at: handbook + '/attachments' },
  { name: 'a file', template: 'file.html', as: 'owner', at: handbook + '/attachments?file=roof.png' },
  { name: 'a file, a reader', template: 'file.html', as: 'nobody', at: handbook + '/attachments?file=wiring.svg' },
  { name: 'export', template: 'export.html', as: 'owner', at: '/-/export' },
  ...['general', 'reading', 'writing', 'appearance', 'redirects'].map((at) => ({ name: `settings, ${at}`, template: 'settings_form.html', as: 'owner', at: '/-/settings/' + at })),
  ...['people', 'tokens', 'housekeeping', 'danger'].map((at) => ({ name: `settings, ${at}`, template: `settings_${at}.html`, as: 'owner', at: '/-/settings/' + at })),
  { name: 'import', template: 'import.html', as: 'owner', at: '/-/settings/import' },
  { name: 'import, what would happen', template: 'import_job.html', as: 'owner', run: async (page, d) => {
    const buffer = await (await page.request.get(d.wiki + '/-/export/zip')).body()
    await page.goto(d.wiki + '/-/settings/import')
    await page.getByLabel('Zip file').setInputFiles({ name: 'notes.zip', mimeType: 'application/zip', buffer })
    await page.getByLabel(/Keep both/).check()
    await page.getByRole('button', { name: 'Look at it' }).click()
    await page.getByRole('heading', { level: 1, name: 'What would happen' }).waitFor()
  } },
  { name: 'API reference', template: 'api.html', as: 'owner', at: '/-/api' },
  { name: 'API reference of the platform', template: 'api.html', as: 'owner', at: (d) => d.root + '/-/api' },

  { name: 'edit', template: 'edit.html', as: 'owner', at: handbook + '/edit' },
  { name: 'edit without scripts', template: 'edit.html', as: 'plain', at: handbook + '/edit' },
  { name: 'edit with a preview', template: 'edit.html', as: 'owner', run: async (page, d) => {
    await page.goto(`${d.wiki}${handbook}/edit`)
    const both = page.getByRole('button', { name: 'Both', exact: true })
    await (await both.isVisible() ? both : page.getByRole('button', { name: 'Preview', exact: true })).click()
    await page.locator('.preview article h1').waitFor()
  } },
  { name: 'edit, refused', template: 'edit.html', as: 'plain', run: async (page, d) => {
    await page.goto(`${d.wiki}/Station/Visits/edit`)
    await page.locator('textarea[name=content]').fill('# Visits\n')
    await page.locator('input[name=base]').evaluate((input) => { input.value = 'not-a-version' })
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.waitForLoadState()
  } },
  { name: 'edit a section', template: 'edit.html', as: 'owner', run: async (page, d) => {
    await page.goto(d.wiki + handbook)
    await page.goto(d.wiki + await page.locator('.edit-section').nth(1).getAttribute('href'))
  } },
  { name: 'edit with a draft on offer', template: 'edit.html', as: 'owner', run: async (page, d) => {
    await page.goto(`${d.wiki}/Station/Visits/edit?draft=continue`)
    await type(page, `# Visits\n\nNot saved at ${Date.now()}.\n`)
    await page.getByText('Draft kept').waitFor()
    await page.goto(`${d.wiki}/Station/Visits/edit`)
    await page.locator('.draft-offer').waitFor()
  } },
  { name: 'a draft beside its page', template: 'draft_compare.html', as: 'owner', at: '/Station/Visits/edit?draft=compare' },
  { name: 'my drafts', template: 'drafts.html', as: 'owner', at: '/-/drafts' },
  { name: 'a text that is held', template: 'held.html', as: 'nobody', run: async (page, d) => {
    await page.goto(d.wiki + handbook)
    await page.evaluate((path) => {
      const form = Object.assign(document.createElement('form'), { method: 'post', action: `${path}/edit` })
      form.append(Object.assign(document.createElement('textarea'), { name: 'content', value: '# Written too long\n' }))
      document.body.append(form)
      form.submit()
    }, handbook)
    await page.getByRole('heading', { name: 'You are not signed in any more' }).waitFor()
  } },
  { name: 'undo a change', template: 'revert.html', as: 'owner', at: (d) => `${d.wiki}/-/commit/${d.revision}/revert` },
  { name: 'new page', template: 'new.html', as: 'owner', at: '/-/new?from=/Station/Handbook' },
  { name: 'new page, similar names', template: 'new.html', as: 'owner', at: '/-/new?name=Station/Handbok' },
  { name: 'new page, a name that is taken', template: 'new.html', as: 'owner', at: '/-/new?name=Home' },
  { name: 'two versions', template: 'conflict.html', as: 'owner', run: (page, d) => conflict(page, d, '# Contested\n\nOne line, as they see it.\n\nAnother line.\n') },
  { name: 'two versions, theirs deleted', template: 'conflict.html', as: 'owner', run: (page, d) => conflict(page, d) },
  { name: 'rename', template: 'rename.html', as: 'owner', at: handbook + '/rename' },
  { name: 'delete', template: 'delete.html', as: 'owner', at: handbook + '/delete' },

  { name: 'no such page', template: 'not_found.html', as: 'owner', at: '/Station/Handbok' },
  { name: 'no such page, a reader', template: 'not_found.html', as: 'nobody', at: '/Nothing like it' },
  { name: 'no such address', template: 'error.html', as: 'owner', at: '/-/nowhere' },
  { name: 'not allowed', template: 'forbidden.html', as: 'other', at: handbook + '/edit' },
]
