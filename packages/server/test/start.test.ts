import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningServer, readConfig, startServer } from '../src/main.ts'
import { freePort } from '../src/platform/postgres/endpoint.ts'

const policies = fileURLToPath(new URL('../../../policies/', import.meta.url))
let directory: string
let policy: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'writ-start-'))
  policy = join(directory, 'mine.policy.yaml')
  copyFileSync(join(policies, 'sales-agent.policy.yaml'), policy)
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

async function start(more: Record<string, string> = {}): Promise<RunningServer> {
  const port = String(await freePort())
  const environment = {
    WRIT_DATA: directory,
    WRIT_PORT: port,
    WRIT_LOG: 'silent',
    WRIT_POLICY: policy,
  }
  return startServer(readConfig({ ...environment, ...more }))
}

async function ready(server: RunningServer) {
  const response = await fetch(`${server.address}/readyz`)
  const { problems, notices } = (await response.json()) as { problems: string[]; notices: string[] }
  return { status: response.status, problems, notices }
}

describe('a start', () => {
  test('puts the first policy in force, and says when the file is no longer it', async () => {
    const server = await start()
    try {
      expect(server.policyDrift).toBeUndefined()
      expect(server.setupUrl).toContain('/setup#token=')
      expect(await ready(server)).toMatchObject({ status: 200, problems: [], notices: [] })

      writeFileSync(policy, '# another thought\n', { flag: 'a' })
      const drifted = await ready(server)
      expect(drifted.status).toBe(200)
      expect(drifted.notices).toEqual([expect.stringContaining('writ policy apply mine.policy.yaml')])
    } finally {
      await server.stop()
    }
    const again = await start()
    expect(again.policyDrift).toContain('version 1 of the policy is in force')
    await again.stop()
  })

  test('refuses a master key that is not the one the database was set up with', async () => {
    await expect(start({ WRIT_MASTER_KEY: randomBytes(32).toString('base64') })).rejects.toThrow(
      'not the key this database was set up with',
    )
    const server = await start()
    expect((await ready(server)).status).toBe(200)
    await server.stop()
  })

  test('serves the page behind the set-up link, and nothing else may load in it', async () => {
    const server = await start()
    try {
      const page = await fetch(server.setupUrl!)
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'")
      const html = await page.text()
      for (const name of [
        'organization.name',
        'organization.slug',
        'owner.name',
        'owner.email',
        'owner.password',
      ]) {
        expect(html).toContain(`name="${name}"`)
      }
      expect(html).not.toMatch(/<script>|\son\w+=|style=/)
      expect((await fetch(`${server.address}/setup.js`)).headers.get('content-type')).toContain(
        'text/javascript',
      )
    } finally {
      await server.stop()
    }
  })
})
