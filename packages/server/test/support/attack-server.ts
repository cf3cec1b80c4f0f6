/** A whole server for tests to kill: starts as `writ serve` does, says where on its first line, stops when its input ends. */
import { readConfig, startServer } from '../../src/main.ts'

const server = await startServer(readConfig(process.env))
process.stdout.write(`${JSON.stringify({ address: server.address, setupUrl: server.setupUrl })}\n`)
process.stdin.resume()
process.stdin.once('end', () => void server.stop().then(() => process.exit(0)))
