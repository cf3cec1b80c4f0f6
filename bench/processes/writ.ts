/** The real server, configured by its environment. */
import { readConfig, startServer } from '@writ/server'

const server = await startServer(readConfig(process.env))
process.on('SIGTERM', () => void server.stop().then(() => process.exit(0)))
process.send!({ port: Number(new URL(server.address).port) })
