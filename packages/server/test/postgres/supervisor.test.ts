import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { isRoot } from '../../src/platform/postgres/account.ts'
import { isPostmaster, processIdentity } from '../../src/platform/postgres/processes.ts'
import { startEmbedded } from '../../src/platform/postgres/supervisor.ts'
import {
  gone,
  killHard,
  postmasterPid,
  query,
  scratchDirectory,
  spawnServerProcess,
  start,
  startServerProcess,
} from './scratch.ts'

const remember = 'create table remembered (what text); insert into remembered values ($$kept$$)'
const recall = 'select what from remembered'
const kept = [{ what: 'kept' }]

/** For the tests that kill no database: an asynchronous commit is lost with the process that was to write it. */
const fast = { durable: false } as const

describe('a directory without a database', () => {
  test('gets one on the first start, with files that only its account may read', async () => {
    const directory = scratchDirectory()
    const database = await start({ directory })
    expect(await query(database.appUrl, 'select current_user, current_database()')).toEqual([
      { current_user: 'writ_app', current_database: 'writ' },
    ])
    const settings = await query(
      database.superuserUrl,
      `select name, setting from pg_settings
       where name in ('fsync', 'synchronous_commit', 'data_checksums', 'listen_addresses', 'password_encryption') order by name`,
    )
    expect(settings.map(({ name, setting }) => `${name}=${setting}`)).toEqual([
      'data_checksums=on',
      'fsync=on',
      'listen_addresses=',
      'password_encryption=scram-sha-256',
      'synchronous_commit=on',
    ])
    const home = join(directory, 'postgres')
    expect(statSync(home).mode & 0o777).toBe(0o700)
    expect(statSync(join(home, 'data')).mode & 0o777).toBe(0o700)
    expect(statSync(join(home, 'credentials.json')).mode & 0o777).toBe(0o600)
    expect(statSync(directory).mode & 0o066).toBe(0)
  })

  test('is not mistaken for one with a database when the first start was killed in the middle', async () => {
    const directory = scratchDirectory()
    const staged = new Promise<void>((resolve) => {
      const watcher = watch(directory, (_event, name) => {
        if (!name?.startsWith('postgres.initializing-')) return
        watcher.close()
        resolve()
      })
    })
    const server = spawnServerProcess(directory)
    await staged
    await killHard(server)
    expect(readdirSync(directory)).not.toContain('postgres')

    const database = await start({ directory, ...fast })
    expect(await query(database.appUrl, 'select 1 as one')).toEqual([{ one: 1 }])
    expect(readdirSync(directory).sort()).toEqual(['postgres', 'server.pid'])
  })

  test('gets a loopback port where the path of a socket would be too long', async () => {
    const directory = join(scratchDirectory(), 'a'.repeat(90))
    if (isRoot()) chmodSync(join(directory, '..'), 0o711)
    const database = await start({ directory, ...fast })
    expect(new URL(database.appUrl).hostname).toBe('127.0.0.1')
    expect(await query(database.appUrl, `select current_setting('listen_addresses') as at`)).toEqual([
      { at: '127.0.0.1' },
    ])
  })

  test.runIf(isRoot())(
    'has its files elsewhere, by a link, when the database account cannot reach it',
    async () => {
      const closed = scratchDirectory()
      const stateDirectory = join(scratchDirectory(), 'state')
      chmodSync(join(stateDirectory, '..'), 0o711)
      chmodSync(closed, 0o700)
      const directory = join(closed, 'data')
      const warnings: string[] = []
      const log = {
        info() {},
        error() {},
        warn: (_fields: object, message: string) => void warnings.push(message),
      }

      const first = await start({ directory, stateDirectory, log, ...fast })
      await query(first.ownerUrl, remember)
      await first.stop()
      expect(lstatSync(join(directory, 'postgres')).isSymbolicLink()).toBe(true)
      expect(realpathSync(join(directory, 'postgres')).startsWith(stateDirectory)).toBe(true)
      expect(warnings.join()).toContain(stateDirectory)

      const second = await start({ directory, stateDirectory, ...fast })
      expect(await query(second.ownerUrl, recall)).toEqual(kept)
    },
  )
})

describe('a directory with a database', () => {
  test('keeps its data from one start to the next', async () => {
    const directory = scratchDirectory()
    const first = await startEmbedded({ directory, ...fast })
    await query(first.ownerUrl, remember)
    await first.stop()
    expect(processIdentity(first.pid)).toBeUndefined()

    const second = await start({ directory, ...fast })
    expect(await query(second.ownerUrl, recall)).toEqual(kept)
    expect(second.appUrl).toBe(first.appUrl)
  })

  test('is refused to a second server while the first lives, with what to do', async () => {
    const directory = scratchDirectory()
    const server = await startServerProcess(directory)
    await expect(startEmbedded({ directory })).rejects.toMatchObject({
      code: 'database.directory_in_use',
      message: expect.stringMatching(new RegExp(`process id ${server.process.pid} .*DATABASE_URL`)),
    })
    expect(await query(server.ownerUrl, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('is refused to a second database in the same process', async () => {
    const directory = scratchDirectory()
    await start({ directory, ...fast })
    await expect(startEmbedded({ directory })).rejects.toMatchObject({ code: 'database.directory_in_use' })
  })

  test('is not refused because of a lock whose process id now is somebody else', async () => {
    const directory = scratchDirectory()
    writeFileSync(
      join(directory, 'server.pid'),
      JSON.stringify({ pid: process.pid, identity: 'of an earlier process' }),
    )
    const database = await start({ directory, ...fast })
    expect(await query(database.appUrl, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('starts although its postmaster.pid names a living process that is no postmaster', async () => {
    const directory = scratchDirectory()
    const first = await startEmbedded({ directory, ...fast })
    await query(first.ownerUrl, remember)
    const file = join(directory, 'postgres', 'data', 'postmaster.pid')
    const text = readFileSync(file, 'utf8')
    await first.stop()
    // Of the same account, because PostgreSQL itself ignores processes of others.
    const { uid, gid } = statSync(join(directory, 'postgres'))
    const stranger = spawn('sleep', ['60'], isRoot() ? { uid, gid } : {})
    writeFileSync(file, text.replace(/^\d+/, String(stranger.pid)))

    const second = await start({ directory, ...fast })
    stranger.kill()
    expect(await query(second.ownerUrl, recall)).toEqual(kept)
  })

  test('is not touched by a release with another major version of PostgreSQL', async () => {
    const directory = scratchDirectory()
    const first = await startEmbedded({ directory, ...fast })
    await first.stop()
    const data = join(directory, 'postgres', 'data')
    writeFileSync(join(data, 'PG_VERSION'), '12\n')
    const before = statSync(join(data, 'writ.conf')).mtimeMs
    await expect(startEmbedded({ directory, settings: { work_mem: '8MB' } })).rejects.toMatchObject({
      code: 'database.version_mismatch',
      message: expect.stringMatching(
        /PostgreSQL 12, and this release brings PostgreSQL \d+\. Nothing was changed/,
      ),
    })
    expect(statSync(join(data, 'writ.conf')).mtimeMs).toBe(before)
    expect(existsSync(join(directory, 'server.pid'))).toBe(false)
  })

  test('says what PostgreSQL said when it does not start', async () => {
    const directory = scratchDirectory()
    await expect(startEmbedded({ directory, settings: { shared_buffers: 'plenty' } })).rejects.toMatchObject({
      code: 'database.start_failed',
      message: expect.stringContaining('invalid value for parameter "shared_buffers": "plenty"'),
    })
  })
})

describe('after kill -9 of the server', () => {
  test('the next server adopts the running database with its data', async () => {
    const directory = scratchDirectory()
    const server = await startServerProcess(directory)
    await query(server.ownerUrl, remember)
    await killHard(server.process)
    expect(processIdentity(server.pid)).toBeDefined()

    const database = await start({ directory })
    expect(database.pid).toBe(server.pid)
    expect(await query(database.ownerUrl, recall)).toEqual(kept)
    await database.stop()
    expect(processIdentity(server.pid)).toBeUndefined()
  })

  test('an adopted database that dies is started again', async () => {
    const directory = scratchDirectory()
    const server = await startServerProcess(directory)
    await query(server.ownerUrl, remember)
    await killHard(server.process)
    const database = await start({ directory })
    const restarted = new Promise<void>((resolve) => database.onRestart(resolve))
    process.kill(server.pid, 'SIGKILL')
    await restarted
    expect(await query(database.ownerUrl, recall)).toEqual(kept)
  })

  test('the next server replaces a running database that it would start differently', async () => {
    const directory = scratchDirectory()
    const server = await startServerProcess(directory)
    await query(server.ownerUrl, remember)
    await killHard(server.process)

    const database = await start({ directory, settings: { work_mem: '7MB' } })
    expect(database.pid).not.toBe(server.pid)
    expect(await query(database.ownerUrl, 'show work_mem')).toEqual([{ work_mem: '7MB' }])
    expect(await query(database.ownerUrl, recall)).toEqual(kept)
  })

  test('the next server starts the database when that was killed too', async () => {
    const directory = scratchDirectory()
    const server = await startServerProcess(directory)
    await query(server.ownerUrl, remember)
    await killHard(server.process)
    process.kill(server.pid, 'SIGKILL')
    await gone(server.pid)

    const database = await start({ directory })
    expect(await query(database.ownerUrl, recall)).toEqual(kept)
  })
})

describe('while the server runs', () => {
  test('a database that is killed comes back on the same address, and pools recover', async () => {
    const exits: string[] = []
    const database = await start({
      directory: scratchDirectory(),
      onExit: (how) => void exits.push(how),
    })
    const pool = new pg.Pool({ connectionString: database.ownerUrl })
    pool.on('error', () => {})
    await pool.query(remember.split(';')[0]!)
    await pool.query(remember.split(';')[1]!)
    const { pid } = database
    const restarted = new Promise<void>((resolve) => database.onRestart(resolve))

    process.kill(pid, 'SIGKILL')
    await restarted
    expect((await pool.query(recall)).rows).toEqual(kept)
    expect(database).toMatchObject({ restartCount: 1 })
    expect(database.pid).not.toBe(pid)
    expect(exits).toEqual(['killed by SIGKILL'])
    await pool.end()
  })

  test('a stop right after the database died leaves none behind', async () => {
    const directory = scratchDirectory()
    const database = await startEmbedded({ directory, ...fast })
    process.kill(database.pid, 'SIGKILL')
    await gone(database.pid)
    await database.stop()
    const data = join(directory, 'postgres', 'data')
    const pid = postmasterPid(data)
    expect(pid !== undefined && isPostmaster(pid, data)).toBe(false)
    expect(existsSync(join(directory, 'server.pid'))).toBe(false)
  })

  test('stop ends open transactions, may be called twice, and gives the directory free', async () => {
    const directory = scratchDirectory()
    const database = await startEmbedded({ directory, ...fast })
    const client = new pg.Client({ connectionString: database.ownerUrl })
    const cut = new Promise<void>((resolve) => void client.on('error', () => resolve()))
    await client.connect()
    await client.query('begin; create table half (a int)')
    await Promise.all([database.stop(), database.stop(), cut])
    expect(processIdentity(database.pid)).toBeUndefined()
    const next = await start({ directory, ...fast })
    expect(await query(next.ownerUrl, `select to_regclass('half') as half`)).toEqual([{ half: null }])
  })

  test.skipIf(process.platform === 'win32')(
    'Ctrl-C in the terminal does not reach the database',
    async () => {
      const database = await start({ directory: scratchDirectory(), ...fast })
      const group = (pid: number) =>
        execFileSync('ps', ['-o', 'pgid=', '-p', String(pid)], { encoding: 'utf8' }).trim()
      expect(group(database.pid)).not.toBe(group(process.pid))
    },
  )

  test('the environment of the database holds none of the server', async () => {
    process.env['WRIT_MASTER_KEY'] = 'secret-of-the-server'
    const directory = scratchDirectory()
    const database = await start({ directory, ...fast }).finally(() => delete process.env['WRIT_MASTER_KEY'])
    const environment = execFileSync('ps', ['eww', '-p', String(database.pid)], { encoding: 'utf8' })
    expect(environment).toContain('LC_ALL=C')
    expect(environment).not.toContain('secret-of-the-server')
  })
})
