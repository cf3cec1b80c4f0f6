/** `writ audit …`: taking a log out, and proving that it is whole. @module */
import type { CommandGroup } from '../../command.ts'
import { exportLog } from './export-log.ts'
import { verifyExport } from './verify-export.ts'

export const auditCommands: CommandGroup = {
  name: 'audit',
  summary: 'export an audit log, verify an export offline',
  commands: [verifyExport, exportLog],
}
