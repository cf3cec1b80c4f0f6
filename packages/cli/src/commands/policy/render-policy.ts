import type { CommandDefinition } from '../../command.ts'
export const renderPolicy: CommandDefinition = {
  name: 'render',
  summary: '',
  description: '',
  examples: [],
  run: async () => 0,
}
