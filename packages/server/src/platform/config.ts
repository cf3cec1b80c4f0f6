/**
 * Configuration: environment variables, all checked at the start, every problem named at once.
 *
 * @module
 */
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { z } from 'zod'
import type { Smtp } from './mail/smtp.ts'

/** A whole number, refused in words rather than as NaN. */
function whole(least: number, most: number) {
  return z
    .string()
    .refine(
      (text) => /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most,
      `should be a whole number from ${least} to ${most}`,
    )
    .transform(Number)
}

const addresses = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
  .refine(
    (parts) => parts.every(isAddressRange),
    'should be addresses or ranges such as 10.0.0.1,10.1.0.0/16',
  )

function isAddressRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}

/** A URL of a mail server, with or without credentials; what is wrong is said without repeating them. */
const smtpUrl = z.string().transform((text, context) => {
  const url = URL.parse(text)
  const refuse = (message: string) => {
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  }
  if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === '')
    return refuse('should look like smtp://user:password@mail.example.com:587 or smtps://…:465')
  if (!/^\/?$/.test(url.pathname) || url.search !== '' || url.hash !== '')
    return refuse('should end with host and port; characters such as / ? # of a password are percent-encoded')
  try {
    const isImplicitTls = url.protocol === 'smtps:'
    return {
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port === '' ? (isImplicitTls ? 465 : 587) : Number(url.port),
      isImplicitTls,
      credentials:
        url.username === ''
          ? undefined
          : { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
    }
  } catch {
    return refuse('has a % in its user or password that is not percent-encoded as %25')
  }
})

/** `Name <address>` or an address alone. */
const sender = z
  .string()
  .max(320)
  .transform((text, context) => {
    const [, name = '', address = text] = /^([^<>\p{Cc}]*)<([^<>]+)>$/u.exec(text) ?? []
    if (/^[^\s@<>,;:"\p{Cc}]+@[^\s@<>,;:"\p{Cc}]+$/u.test(address))
      return { name: name.trim().replace(/^"(.*)"$/, '$1'), address }
    context.addIssue({
      code: 'custom',
      message: 'should be an address such as access@example.com, or Acme Access <access@example.com>',
    })
    return z.NEVER
  })

const Environment = z.object({
  WRIT_URL: z
    .url({
      protocol: /^https?$/,
      error: 'should be the address people use, such as https://access.example.com',
    })
    .refine(
      (text) => !URL.canParse(text) || (new URL(text).pathname === '/' && new URL(text).search === ''),
      'should have no path: the API is at /api/v1 of it',
    )
    .optional()
    .describe(
      'Public address. Links and token issuers are built from it, never from a request. Default: http://localhost:<port>.',
    ),
  WRIT_HOST: z.string().min(1).default('127.0.0.1').describe('Address to listen on.'),
  WRIT_PORT: whole(0, 65_535).default(8484).describe('Port to listen on; 0 takes a free one.'),
  WRIT_DATA: z
    .string()
    .min(1)
    .default('.writ')
    .describe('Directory of the embedded database and of generated secrets.'),
  WRIT_POLICY: z
    .string()
    .min(1)
    .optional()
    .describe('The policy file. Applied at the first start; later by `writ policy apply`.'),
  WRIT_MASTER_KEY: z
    .string()
    .refine(
      (text) => /^[A-Za-z0-9+/]{43}=$/.test(text),
      'should be 32 random bytes in base64 (openssl rand -base64 32)',
    )
    .optional()
    .describe(
      'Seals secrets at rest and signs database scopes. Default: made once in <WRIT_DATA>/master.key.',
    ),
  WRIT_TRUSTED_PROXIES: addresses
    .default([])
    .describe('Addresses or CIDR ranges, comma-separated, whose X-Forwarded-For is believed.'),
  WRIT_CHECKPOINTS: z
    .string()
    .min(1)
    .optional()
    .describe('Directory outside the database where every signed checkpoint is also written.'),
  WRIT_LOG: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe("Level of the server's own log."),
  WRIT_SMTP_URL: smtpUrl
    .optional()
    .describe(
      'Mail server: smtp:// (STARTTLS, demanded of every host but this machine) or smtps://; user and password percent-encoded. Without it mail stays in the outbox, which /outbox shows in development.',
    ),
  WRIT_MAIL_FROM: sender
    .optional()
    .describe('Sender of all mail, such as Acme Access <access@example.com>. Needed with WRIT_SMTP_URL.'),
  WRIT_METRICS_TOKEN: z
    .string()
    .min(16, 'should have at least 16 characters')
    .optional()
    .describe('Bearer that /metrics asks for; without it /metrics answers loopback addresses only.'),
  WRIT_BODY_LIMIT: whole(1024, 64 * 1024 * 1024)
    .default(1024 * 1024)
    .describe('Largest body that is read, in bytes.'),
  WRIT_POOL: whole(2, 500).default(16).describe('Database connections of this process.'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'should begin with postgresql://')
    .optional()
    .describe('An existing PostgreSQL, as writ_app. Default: the embedded one.'),
  DATABASE_OWNER_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'should begin with postgresql://')
    .optional()
    .describe("The same database as writ_owner: for migrations and the operator's commands."),
})

export interface Config {
  /** Undefined until the port is known where none was given. */
  readonly url: string | undefined
  readonly host: string
  readonly port: number
  readonly dataDirectory: string
  readonly policyFile: string | undefined
  readonly masterKey: string | undefined
  readonly trustedProxies: readonly string[]
  readonly checkpointDirectory: string | undefined
  readonly logLevel: string
  /** Undefined: mail is kept in the outbox and sent to nobody. */
  readonly smtp: Smtp | undefined
  readonly metricsToken: string | undefined
  readonly bodyLimitBytes: number
  readonly poolSize: number
  readonly databaseUrl: string | undefined
  readonly databaseOwnerUrl: string | undefined
}

/** A start that cannot be: all problems, each with what would be right. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((p) => `  ${p}`).join('\n')}`,
    )
    this.problems = problems
  }
}

/** @throws ConfigError naming every variable that is wrong, and every WRIT_ variable that does not exist */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = Environment.safeParse(given)
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`)
  for (const name of Object.keys(given)) {
    if (name.startsWith('WRIT_') && !(name in Environment.shape) && !CLIENTS.has(name))
      problems.push(
        `${name} is not a variable of Writ${meant(name)}; docs/reference/configuration.md lists them`,
      )
  }
  if (given['DATABASE_OWNER_URL'] && !given['DATABASE_URL'])
    problems.push('DATABASE_OWNER_URL needs DATABASE_URL: the server itself must not run as the owner')
  if (given['WRIT_SMTP_URL'] && !given['WRIT_MAIL_FROM'])
    problems.push('WRIT_SMTP_URL needs WRIT_MAIL_FROM: the address that mail comes from')
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems)
  const env = parsed.data
  return {
    url: env.WRIT_URL?.replace(/\/$/, ''),
    host: env.WRIT_HOST,
    port: env.WRIT_PORT,
    dataDirectory: resolve(env.WRIT_DATA),
    policyFile: env.WRIT_POLICY === undefined ? undefined : resolve(env.WRIT_POLICY),
    masterKey: env.WRIT_MASTER_KEY,
    trustedProxies: env.WRIT_TRUSTED_PROXIES,
    checkpointDirectory: env.WRIT_CHECKPOINTS === undefined ? undefined : resolve(env.WRIT_CHECKPOINTS),
    logLevel: env.WRIT_LOG,
    smtp:
      env.WRIT_SMTP_URL && env.WRIT_MAIL_FROM
        ? { ...env.WRIT_SMTP_URL, from: env.WRIT_MAIL_FROM }
        : undefined,
    metricsToken: env.WRIT_METRICS_TOKEN,
    bodyLimitBytes: env.WRIT_BODY_LIMIT,
    poolSize: env.WRIT_POOL,
    databaseUrl: env.DATABASE_URL,
    databaseOwnerUrl: env.DATABASE_OWNER_URL,
  }
}

/** What clients of Writ read from the same shell: an application's credential, the command line's token. */
const CLIENTS: ReadonlySet<string> = new Set(['WRIT_KEY', 'WRIT_TOKEN'])

/** The variable whose letters differ least, where few do. */
function meant(name: string): string {
  const shared = (other: string) =>
    [...other].filter((letter, i) => name[i] === letter || name[i - 1] === letter || name[i + 1] === letter)
      .length
  const [nearest] = Object.keys(Environment.shape).sort(
    (a, b) => shared(b) - b.length - (shared(a) - a.length),
  )
  const isNear =
    nearest !== undefined &&
    nearest.length - shared(nearest) <= 2 &&
    Math.abs(nearest.length - name.length) <= 2
  return isNear ? ` (did you mean ${nearest}?)` : ''
}

/** Every variable with its description, for docs/reference/configuration.md. */
export function describeConfig(): { name: string; description: string; fallback: string | undefined }[] {
  return Object.entries(Environment.shape).map(([name, schema]) => {
    const parsed = schema.safeParse(undefined)
    const fallback = parsed.success && parsed.data !== undefined ? String(parsed.data) : undefined
    return { name, description: schema.description ?? '', fallback: fallback === '' ? undefined : fallback }
  })
}
