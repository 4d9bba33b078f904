import { expect, test } from 'vitest'
import { auditSignatures, inCI, verdict } from './signatures.mjs'

const one = [{ name: 'left', version: '1.0.0', code: 'EINTEGRITYSIGNATURE' }]

test('signatures that are all valid are good news', () => {
  expect(verdict('{"invalid":[],"missing":[]}', '')).toEqual({
    failed: false,
    words: 'all that the registry gives are valid',
  })
})

test('one that is invalid, or missing where the registry gives them, fails and is named', () => {
  expect(verdict(JSON.stringify({ invalid: one, missing: [] }), '')).toEqual({
    failed: true,
    words: 'invalid: left@1.0.0',
  })
  expect(verdict(JSON.stringify({ invalid: [], missing: one }), '')).toEqual({
    failed: true,
    words: 'missing: left@1.0.0',
  })
})

test.each([
  ['{"error":{"code":"ENOTFOUND","summary":"getaddrinfo"}}', '', 'could not be checked: ENOTFOUND, getaddrinfo'],
  ['', 'npm error code ENOTFOUND\nnpm error network', 'could not be checked: ENOTFOUND, network'],
  ['', 'npm error found no dependencies to audit', 'could not be checked: found no dependencies to audit'],
  ['<html>', '', 'could not be checked: npm gave no answer'],
  ['{}', '', 'could not be checked: npm gave no answer'],
])('no finding is never called good: %s', (answer, complaint, words) => {
  expect(verdict(answer, complaint)).toEqual({ failed: false, words })
})

test('an npm that is not there is said, not thrown', async () => {
  expect(await auditSignatures('no-such-npm')).toEqual({ failed: false, words: 'could not be checked: ENOENT' })
})

test('it is asked in CI alone', () => {
  expect([{ CI: 'true' }, { CI: '1' }, { CI: 'false' }, { CI: '' }, {}].map((given) => inCI(given))).toEqual([
    true,
    true,
    false,
    false,
    false,
  ])
})
