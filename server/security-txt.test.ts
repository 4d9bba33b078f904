import { expect, test } from 'vitest'
import { securityTxt } from './security-txt.ts'

const now = () => Date.parse('2026-03-01T17:00:00Z')

test('security.txt has the members that RFC 9116 asks for, and expires in a quarter of a year', () => {
  const contact = 'mailto:security@shop.example'
  expect(securityTxt({ contact, publicUrl: 'https://pay.example', now })).toBe(
    [
      'Contact: mailto:security@shop.example',
      'Expires: 2026-05-30T00:00:00Z',
      'Preferred-Languages: en',
      'Canonical: https://pay.example/.well-known/security.txt',
      '',
    ].join('\n'),
  )
})

test('without a contact there is no security.txt', () => {
  expect(securityTxt({ contact: undefined, publicUrl: 'https://pay.example', now })).toBe(null)
})
