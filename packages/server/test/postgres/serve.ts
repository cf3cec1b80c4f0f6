/** A server process for tests to kill: starts the database of the directory it is given and stays. */
import { startEmbedded } from '../../src/platform/postgres/supervisor.ts'

const database = await startEmbedded({ directory: process.argv[2]! })
process.stdout.write(`${JSON.stringify({ pid: database.pid, ownerUrl: database.ownerUrl })}\n`)
process.stdin.resume()
