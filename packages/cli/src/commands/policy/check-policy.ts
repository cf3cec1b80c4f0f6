import type { Policy, Problem } from '@writ/policy'
import type { CommandDefinition } from '../../command.ts'
import { exitCodes } from '../../exit-codes.ts'
import { readText } from '../../files.ts'
import { problemLines } from '../../output/problems.ts'
import { plural } from '../../output.ts'
import { nameOf } from '../../policy-files.ts'

interface Checked {
  readonly file: string
  readonly source: string
  readonly problems: readonly Problem[]
  readonly policy: Policy | undefined
  /** Permissions under the policy, Writ's own included. */
  readonly permissions: number
}

/** Checks policies. All problems of all files are shown, each in its line. */
export const checkPolicy: CommandDefinition = {
  name: 'check',
  summary: 'find everything that is wrong with a policy',
  description:
    'Reads policies as the server would, and shows every problem at its place in the file: what is wrong, and what would be right. Exit code 1 if there is any.',
  examples: [
    'writ policy check shop.policy.yaml',
    'writ policy check policies/*.policy.yaml',
    'cat shop.policy.yaml | writ policy check -',
  ],
  configure: (command) => command.argument('<file...>', 'policy files; - is standard input'),
  async run({ io, output }, paths) {
    const checked: Checked[] = []
    for (const path of paths) checked.push(await check(nameOf(path), await readText(io, path)))
    const problems = checked.reduce((sum, each) => sum + each.problems.length, 0)
    output.result({ ok: problems === 0, files: checked.map(toJson) })
    for (const { file, source, policy, permissions, ...each } of checked) {
      for (const problem of each.problems)
        output.lines([...problemLines(problem, source, output.style, output.width), ''])
      if (policy) output.paragraph(`${output.style.green('✓')} ${file}: ${describe(policy, permissions)}`)
    }
    if (problems > 0) output.line(output.style.red(verdict(checked, problems)))
    return problems === 0 ? exitCodes.done : exitCodes.no
  },
}

async function check(file: string, source: string): Promise<Checked> {
  const { compile, parsePolicy } = await import('@writ/policy')
  const parsed = parsePolicy(source, { file })
  if (!parsed.ok) return { file, source, problems: parsed.problems, policy: undefined, permissions: 0 }
  return {
    file,
    source,
    problems: [],
    policy: parsed.policy,
    permissions: compile(parsed.policy).permissionSet.all.length,
  }
}

function describe({ name, title, version, roles, resources }: Policy, permissions: number): string {
  const kind = typeof title === 'string' ? title : Object.values(title)[0]
  return `${name}, ${kind}, version ${version}: ${plural(roles.length, 'role')}, ${plural(resources.length, 'resource')} of its own, ${plural(permissions, 'permission')} in all.`
}

function verdict(checked: readonly Checked[], problems: number): string {
  const wrong = checked.filter((each) => each.problems.length > 0)
  return `✗ ${plural(problems, 'problem')} in ${wrong.length === 1 ? wrong[0]!.file : `${wrong.length} of ${plural(checked.length, 'file')}`}.`
}

function toJson({ file, problems, policy, permissions }: Checked): object {
  if (!policy) return { file, ok: false, problems }
  const { name, version, roles, resources } = policy
  const counts = {
    roles: roles.map((role) => role.name),
    resources: resources.map((resource) => resource.name),
    permissions,
  }
  return { file, ok: true, problems, policy: { name, version, ...counts } }
}
