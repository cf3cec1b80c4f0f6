import { readFileSync } from 'node:fs'
import { Option } from 'commander'
import { type CommandDefinition, collect } from '../../command.ts'
import { exitCodes } from '../../exit-codes.ts'
import { usageFailure } from '../../failure.ts'
import { secretLines } from '../../output/secret.ts'
import { type OperatorOptions, withDatabaseOption, withOperator } from '../../with-operator.ts'

const TYPES = ['web', 'spa', 'native', 'device', 'service'] as const
const AUTHENTICATIONS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const

interface Options extends OperatorOptions {
  readonly type: (typeof TYPES)[number]
  readonly redirect?: readonly string[]
  readonly postLogout?: readonly string[]
  readonly backchannel?: string
  readonly home?: string
  readonly authentication?: (typeof AUTHENTICATIONS)[number]
  readonly jwks?: string
  readonly resource?: readonly string[]
  readonly audience?: string
  readonly scope?: readonly string[]
  readonly jwt?: boolean
  readonly thirdParty?: boolean
  readonly requirePar?: boolean
  readonly requireDpop?: boolean
  readonly organization?: string
}

/** Registers an application for the one sign-on. */
export const createClient: CommandDefinition<Options> = {
  name: 'create-client',
  summary: 'register an application for the one sign-on (OpenID Connect)',
  description:
    "Registers an application that signs people in here and prints its client id, and its secret once. Addresses are compared exactly. An application of the platform's own asks nobody for consent; one of somebody else does (--third-party). Recorded as the act of operator:<you>.",
  examples: [
    "writ admin create-client 'Back office' --redirect https://office.example.com/callback --post-logout https://office.example.com/ --backchannel https://office.example.com/logout",
    "writ admin create-client 'Phone' --type native --redirect http://127.0.0.1/callback",
    "writ admin create-client 'Orders API' --type service --audience https://orders.example.com --scope orders --jwt",
  ],
  configure: (command) =>
    withDatabaseOption(
      command
        .argument('<name>', 'what people read where they are asked')
        .addOption(new Option('--type <type>', 'where it runs').choices(TYPES).default('web'))
        .option('--redirect <url>', 'where codes are sent; may be repeated', collect)
        .option('--post-logout <url>', 'where a browser goes after signing out; may be repeated', collect)
        .option('--backchannel <url>', 'is told there that a session ended')
        .option('--home <url>', 'its own page')
        .addOption(new Option('--authentication <method>', 'how it proves itself').choices(AUTHENTICATIONS))
        .option('--jwks <file>', 'its public keys, for private_key_jwt')
        .option('--resource <uri>', 'an API it may ask tokens for; may be repeated', collect)
        .option('--audience <uri>', 'of a service: the resource it answers to')
        .option('--scope <name>', 'of a service: a scope it knows; may be repeated', collect)
        .option('--jwt', 'of a service: it verifies JWTs itself, instead of asking about opaque tokens')
        .option('--third-party', 'it belongs to somebody else: people are asked for consent')
        .option('--require-par', 'its requests must be pushed (RFC 9126)')
        .option('--require-dpop', 'its tokens must be bound to a key (RFC 9449)')
        .option('--organization <slug>', 'only members of this one sign in to it'),
    ),
  async run(invocation, [name], options) {
    const { output } = invocation
    const { authentication, organization, audience, backchannel, home } = options
    const jwks = options.jwks === undefined ? undefined : readKeys(options.jwks)
    return withOperator(invocation, options, 'writ admin', async (operator) => {
      const registered = operator.createClient({
        name: name!,
        type: options.type,
        authentication,
        jwks,
        redirectUris: options.redirect,
        postLogoutUris: options.postLogout,
        backchannelUri: backchannel,
        initiateUri: home,
        resources: options.resource,
        audience,
        audienceScopes: options.scope,
        audienceTokens: options.jwt ? 'jwt' : undefined,
        isFirstParty: options.thirdParty !== true,
        requiresPar: options.requirePar,
        requiresDpop: options.requireDpop,
        organization,
      })
      const { id, secret } = await registered.catch((error: unknown) => {
        throw inOptionWords(error)
      })
      output.result({ id, name, ...(secret === undefined ? {} : { secret }) })
      output.line(`${output.style.green('✓')} The application ${name} is registered.`)
      output.lines(['', `  Client id: ${id}`])
      if (secret !== undefined)
        output.lines(secretLines('Client secret', secret, 'The application sends it to the token endpoint.'))
      return exitCodes.done
    })
  },
}

/** What the operator typed for each field of a registration. */
const TYPED: Readonly<Record<string, string>> = {
  name: '<name>',
  type: '--type',
  authentication: '--authentication',
  jwks: '--jwks',
  redirectUris: '--redirect',
  postLogoutUris: '--post-logout',
  backchannelUri: '--backchannel',
  initiateUri: '--home',
  resources: '--resource',
  audience: '--audience',
  audienceScopes: '--scope',
}

/** A refusal that names options instead of fields. Anything else is as it was. */
function inOptionWords(error: unknown): unknown {
  const { errors } =
    (error as { particulars?: { errors?: { path: string; message: string }[] } }).particulars ?? {}
  for (const each of errors ?? []) each.path = each.path.replace(/^\w+/, (field) => TYPED[field] ?? field)
  return error
}

function readKeys(file: string): { keys: Record<string, unknown>[] } {
  let keys: unknown
  try {
    keys = JSON.parse(readFileSync(file, 'utf8'))?.keys
  } catch (error) {
    throw usageFailure(
      `${file} cannot be read: ${(error as Error).message}`,
      'Name a file with a JSON Web Key Set.',
    )
  }
  if (!Array.isArray(keys) || keys.length === 0)
    throw usageFailure(`${file} holds no keys.`, 'It should be a JSON Web Key Set: {"keys": [...]}.')
  return { keys }
}
