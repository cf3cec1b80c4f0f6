/** `writ admin …`: what only the operator does, beside the server and never through it. @module */
import type { CommandGroup } from '../../command.ts'
import { createApplication } from './create-application.ts'
import { createClient } from './create-client.ts'
import { createForwardHost } from './create-forward-host.ts'
import { createOrganization } from './create-organization.ts'
import { createUser } from './create-user.ts'
import { grantPlatformRole } from './grant-platform-role.ts'
import { listApplications } from './list-applications.ts'
import { listClients } from './list-clients.ts'
import { listForwardHosts } from './list-forward-hosts.ts'
import { recoverAccount } from './recover-account.ts'
import { removeForwardHost } from './remove-forward-host.ts'
import { revokeApplication } from './revoke-application.ts'
import { revokeClient } from './revoke-client.ts'
import { revokePlatformRole } from './revoke-platform-role.ts'
import { rotateKeys } from './rotate-keys.ts'

export const adminCommands: CommandGroup = {
  name: 'admin',
  summary: 'what only the operator does: platform roles, first accounts, applications, hosts, keys',
  commands: [
    createOrganization,
    createUser,
    grantPlatformRole,
    revokePlatformRole,
    recoverAccount,
    createApplication,
    listApplications,
    revokeApplication,
    createClient,
    listClients,
    revokeClient,
    createForwardHost,
    removeForwardHost,
    listForwardHosts,
    rotateKeys,
  ],
}
