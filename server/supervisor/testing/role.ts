/**
 * A process for the supervisor's own tests: it serves a port, says so, and ends as the real ones do. What it is told is
 * in the file that SALLYPORT_CONFIG names.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { runProcess } from '../../run-process.ts'

const { port } = JSON.parse(readFileSync(process.env['SALLYPORT_CONFIG'] ?? '', 'utf8'))

await runProcess('testing', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/crash') throw new Error('asked to crash')
    response.end(JSON.stringify(Object.keys(process.env).sort()))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
})
