import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { PolicyTestRun } from '@writ/policy'
import type { CommandDefinition } from '../../command.ts'
import { exitCodes } from '../../exit-codes.ts'
import { Failure } from '../../failure.ts'
import { readText } from '../../files.ts'
import { failureLines, matricesOf, matrixLines } from '../../output/matrix.ts'
import { plural } from '../../output.ts'
import { placeOf, readPolicy } from '../../policy-files.ts'

/** Runs the tests written beside a policy. */
export const testPolicy: CommandDefinition<{ failures?: boolean }> = {
  name: 'test',
  summary: 'run the tests written beside a policy',
  description:
    'Runs <name>.policy.test.yaml against a policy: who may do what, and why; whole tables of permissions and roles. Prints the tables, then what is not as expected. Exit code 1 if anything is not.',
  examples: [
    'writ policy test shop.policy.yaml',
    'writ policy test new.policy.yaml shop.policy.test.yaml --failures',
  ],
  configure: (command) =>
    command
      .argument('<file>', 'the policy')
      .argument('[testfile]', 'its tests; default: <name>.policy.test.yaml beside it')
      .option('--failures', 'only what failed, no tables'),
  async run({ io, output }, [path, given], options) {
    const { compile, runPolicyTests } = await import('@writ/policy')
    const { policy } = await readPolicy(io, path!)
    const testPath = given ?? testsBeside(io.cwd, path!)
    const run: PolicyTestRun = runPolicyTests(compile(policy), await readText(io, testPath), {
      file: testPath,
    })
    if (!run.ok) throw wrongTests(testPath, run)
    const { results, passed, failed } = run
    output.result({ ok: failed === 0, policy: policy.name, file: testPath, passed, failed, results })
    if (!options.failures) {
      for (const matrix of matricesOf(results))
        output.lines([...matrixLines(matrix, output.style, output.width), ''])
    }
    for (const failure of results.filter((result) => !result.ok))
      output.lines(failureLines(failure, testPath, output.style, output.width))
    const all = `${plural(results.length, 'test')} of ${policy.name}`
    output.line(
      failed === 0
        ? `${output.style.green('✓')} ${all}: all as expected.`
        : output.style.red(`✗ ${all}: ${passed} as expected, ${failed} not.`),
    )
    return failed === 0 ? exitCodes.done : exitCodes.no
  },
}

/** The test file that belongs to a policy by its name. @throws Failure */
function testsBeside(cwd: string, path: string): string {
  const candidates = [path.replace(/\.ya?ml$/, '.test.yaml'), path.replace(/\.ya?ml$/, '.test.yml')]
  const found = candidates.find((candidate) => candidate !== path && existsSync(resolve(cwd, candidate)))
  if (found !== undefined) return found
  throw new Failure(
    exitCodes.usage,
    'file_missing',
    `There are no tests beside ${path}: ${candidates[0]} does not exist.`,
    {
      hint: `Name them: writ policy test ${path} <testfile>`,
    },
  )
}

function wrongTests(path: string, { problems }: Extract<PolicyTestRun, { ok: false }>): Failure {
  return new Failure(
    exitCodes.usage,
    'tests_invalid',
    `${path} has ${plural(problems.length, 'problem')}; no test was run.`,
    {
      details: problems.map(
        (problem) => `${placeOf(problem)} ${problem.message}${problem.hint ? ` ${problem.hint}` : ''}`,
      ),
      facts: { problems },
    },
  )
}
