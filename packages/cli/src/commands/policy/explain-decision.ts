import type { CompiledPolicy, Explanation, Question, Standing } from '@writ/policy'
import { Option } from 'commander'
import { type CommandDefinition, collect } from '../../command.ts'
import { exitCodes } from '../../exit-codes.ts'
import { usageFailure } from '../../failure.ts'
import { explanationLines } from '../../output/explanation.ts'
import { readPolicy } from '../../policy-files.ts'

interface Options {
  readonly role?: readonly string[]
  readonly action: string
  readonly resource?: string
  readonly attributes?: string
  readonly state?: string
  readonly id?: string
  readonly subject: string
  readonly context?: string
  readonly secondFactor: Standing['secondFactor']
  readonly signedIn?: string
  readonly machine?: boolean
  readonly platform?: boolean
  readonly exitCode?: boolean
}

const ORGANIZATION = 'organization'
const PLATFORM = 'platform'

/** Decides one question by a policy file, without a server, and shows the whole path. */
export const explainDecision: CommandDefinition<Options> = {
  name: 'explain',
  summary: 'decide one question offline, and show why',
  description:
    'Asks a policy whether somebody with these roles may do this, and shows every check in order and every line of the policy that spoke. The subject is a member in good standing who signed in this moment, unless said otherwise.',
  examples: [
    'writ policy explain shop.policy.yaml --role clerk --action write --resource orders --attributes \'{"total":5000}\'',
    'writ policy explain shop.policy.yaml --role manager --action refund:orders --signed-in 30m',
    'writ policy explain shop.policy.yaml --action read:products      (nobody is signed in)',
  ],
  configure: (command) =>
    command
      .argument('<file>', 'the policy')
      .requiredOption('--action <action>', 'read, or the whole permission read:leads')
      .option('--resource <type>', 'what is acted on: leads')
      .option(
        '--role <role>',
        'a role the subject holds; may be repeated. None: nobody is signed in',
        collect,
      )
      .option('--attributes <json>', 'attributes of the resource, for conditions')
      .option('--state <state>', 'state of the resource')
      .option('--id <id>', 'id of the resource')
      .option('--subject <id>', 'id of the subject, for conditions', 'subject')
      .option('--context <json>', 'context of the request, for conditions')
      .addOption(
        new Option('--second-factor <how>', 'of the subject')
          .choices(['none', 'enrolled', 'satisfied'])
          .default('satisfied'),
      )
      .option('--signed-in <duration>', 'how long ago the subject proved who they are: 30m, 2h. Default: now')
      .option('--machine', 'the subject is a service account')
      .option('--platform', "the question is asked in the platform's own organization")
      .option('--exit-code', 'exit with 1 if the decision is a deny'),
  async run({ io, output }, [path], options) {
    const { compile, explain } = await import('@writ/policy')
    const { policy } = await readPolicy(io, path!)
    const compiled = compile(policy)
    const question = await readQuestion(compiled, options, io.now())
    const explanation: Explanation = explain(compiled, question)
    output.result(explanation)
    output.lines(explanationLines(explanation, question, output.style, output.width))
    if (explanation.decision.reason === 'error')
      output.note('A condition reads what the question does not give: see --attributes and --context.')
    return options.exitCode && !explanation.decision.allowed ? exitCodes.no : exitCodes.done
  },
}

async function readQuestion(compiled: CompiledPolicy, options: Options, now: Date): Promise<Question> {
  const { action, type } = actionOf(options)
  const organization = options.platform ? PLATFORM : ORGANIZATION
  const { id, state } = options
  const attributes = jsonObject('--attributes', options.attributes)
  const context = jsonObject('--context', options.context)
  const subject = options.role && (await standing(compiled, options, options.role, organization, now))
  return {
    ...(subject && { subject }),
    action,
    resource: { type, ...(id && { id }), ...(attributes && { attributes }), ...(state && { state }) },
    organization,
    ...(options.platform && { platform: true }),
    ...(context && { context }),
    now,
  }
}

function actionOf({ action, resource }: Options): { action: string; type: string } {
  const colon = action.indexOf(':')
  const named = colon < 0 ? undefined : action.slice(colon + 1)
  if (named === undefined && resource === undefined) {
    throw usageFailure(`--action ${action} on what? Add --resource, or write --action ${action}:<resource>.`)
  }
  if (named !== undefined && resource !== undefined && named !== resource) {
    throw usageFailure(
      `--action ${action} is about ${named}, --resource says ${resource}. Give one of the two.`,
    )
  }
  return { action, type: (named ?? resource)! }
}

/** A member in good standing. Platform roles act from the platform's organization, as on the server. */
async function standing(
  compiled: CompiledPolicy,
  options: Options,
  roles: readonly string[],
  organization: string,
  now: Date,
): Promise<Standing> {
  for (const role of roles) {
    if (!compiled.roles.has(role))
      throw usageFailure(
        `The policy has no role "${role}". Its roles: ${[...compiled.roles.keys()].join(', ')}.`,
      )
  }
  const isStaff = roles.every((role) => compiled.roles.get(role)?.isPlatform)
  return {
    id: options.subject,
    accountActive: true,
    organization: isStaff ? PLATFORM : organization,
    membershipActive: true,
    assignments: roles.map((role) => ({
      role,
      source: compiled.roles.get(role)?.isPlatform ? 'platform' : 'assigned',
    })),
    secondFactor: options.secondFactor,
    authenticatedAt: new Date(now.getTime() - 1000 * (await ageSeconds(options.signedIn))),
    machine: options.machine === true,
  }
}

async function ageSeconds(age: string | undefined): Promise<number> {
  if (age === undefined) return 0
  const { durationSeconds } = await import('@writ/policy')
  const seconds = durationSeconds(age)
  if (seconds === undefined)
    throw usageFailure(`--signed-in ${age} is not a duration. Write 45s, 30m, 2h or 1d.`)
  return seconds
}

function jsonObject(option: string, text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw usageFailure(
      `${option} is not JSON: ${(cause as Error).message}.`,
      `Write it in quotes: ${option} '{"ownerId":"ada"}'`,
    )
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw usageFailure(`${option} should be a JSON object: '{"ownerId":"ada"}'.`)
}
