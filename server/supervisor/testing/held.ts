/** A process that serves the port that it was lent, and says which one it is. */
import { createServer } from 'node:http'
import { listenOn } from '../../listen.ts'
import { lentFd } from '../held-port.ts'

const server = createServer((_request, response) => void response.end(String(process.pid)))
await listenOn(server, { host: '127.0.0.1', port: 0, fd: lentFd })
process.on('disconnect', () => process.exit(0))
process.send?.({ ready: true })
