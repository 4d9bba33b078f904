import { expect, test } from 'vitest'
import { callerOf, expressRoutes, innerRoutesOf, tableRoutes } from './routes.ts'

test('routes of a table come with whoever may ask, on one line or several', () => {
  const table = `
    'POST /open': { callers: ['egress'], handle },
    'POST /cvc/:id/key': {
      callers: ['intake'],
    },
    'GET /feed': gatewayOnly(feed),`
  expect(tableRoutes(table, 'gateway')).toEqual([
    { method: 'POST', path: '/open', caller: 'egress' },
    { method: 'POST', path: '/cvc/{id}/key', caller: 'intake' },
    { method: 'GET', path: '/feed', caller: 'gateway' },
  ])
})

test('a route of an application is found by its path or by the name of its path; another name is asked about', () => {
  expect(expressRoutes("app.post(\n  '/v1/a/:id', run); app.get(securityTxtPath, serve)")).toEqual([
    { method: 'POST', path: '/v1/a/{id}' },
    { method: 'GET', path: '/.well-known/security.txt' },
  ])
  expect(() => expressRoutes('app.get(somewhere, serve)')).toThrow('somewhere')
})

test('each of keyd’s routes is asked in the name of its own caller', () => {
  const routes = innerRoutesOf(['server/keyd/routes.ts'], 'keeper')
  const callers = [
    '/open',
    '/cvc/key',
    '/cvc/settle',
    '/used-up',
    '/fingerprint',
    '/tombstone',
    '/audit/entries',
    '/none',
  ]
  expect(callers.map((path) => callerOf(routes, path, 'keeper'))).toEqual([
    ...['egress', 'intake', 'egress', 'egress', 'intake', 'keeper', 'keeper', 'keeper'],
  ])
})
