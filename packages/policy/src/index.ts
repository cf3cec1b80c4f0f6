export { type OwnPermission, ownPermissions } from './catalogue.ts'
export {
  type CompiledPermission,
  type CompiledPolicy,
  type CompiledRole,
  compile,
  compileTightened,
} from './compile.ts'
export {
  type Control,
  type ControlMapping,
  controls,
  type Enforcement,
  type FrameworkName,
  findControl,
  frameworkNames,
  type Language,
  languages,
  type Section,
  sections,
} from './controls/index.ts'
export { decide } from './decide.ts'
export { diffPolicies, type Effect, type PolicyChange } from './diff.ts'
export {
  type ExplainedGrant,
  type ExplainedRole,
  type ExplainedStep,
  type Explanation,
  explain,
} from './explain.ts'
export type * from './model.ts'
export { textIn } from './model.ts'
export { formatProblem, type ParsedPolicy, parsePolicy } from './parse.ts'
export { type Permission, PermissionSet } from './permissions.ts'
export type {
  Assignment,
  AssignmentSource,
  Decision,
  Question,
  QuestionResource,
  Reason,
  Standing,
} from './question.ts'
export { reasons } from './question.ts'
export { type RenderOptions, renderHtml, renderMarkdown } from './render/index.ts'
export { durationSeconds, formatDuration } from './schema/scalars.ts'
export { jsonSchema, type PolicySource } from './schema.ts'
export { type SettingProblem, settablePaths, type Tightened, tighten } from './settings.ts'
export {
  demandsSecondFactor,
  grants,
  type HeldPermission,
  heldRoles,
  mayAssign,
  mayManage,
} from './standing.ts'
export { type PolicyTestResult, type PolicyTestRun, runPolicyTests } from './testing/run.ts'
