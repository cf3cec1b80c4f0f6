export type * from './model.ts'
export { textIn } from './model.ts'
export { durationSeconds, formatDuration } from './schema/scalars.ts'
export { jsonSchema, type PolicySource } from './schema.ts'
