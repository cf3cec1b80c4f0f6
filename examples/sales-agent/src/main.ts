/** Starts the example beside a running Writ: `WRIT_URL=… WRIT_KEY=writ_app_… node src/main.ts`. @module */
import { createSalesApp } from './app.ts'

const { WRIT_URL, WRIT_KEY, PORT = '8490' } = process.env
if (!WRIT_URL || !WRIT_KEY) {
  process.stderr.write(
    'Set WRIT_URL to where Writ is, and WRIT_KEY to what `writ admin create-application` printed.\n',
  )
  process.exit(2)
}
const app = createSalesApp({ writUrl: WRIT_URL, key: WRIT_KEY })
process.stdout.write(`The sales application answers at ${await app.listen({ port: Number(PORT) })}\n`)
