/**
 * Work that the clock sets off: telling applications that a session ended, and removing what expired long ago.
 *
 * @module
 */
import type { Job } from '#platform/jobs'
import { clearArtifacts, deliverLogouts, findLostSessions } from './provider/logout.ts'
import type { SignOn } from './provider/mount.ts'

/** @param signOn whose keys sign what applications are told */
export function signOnJobs(signOn: SignOn): readonly Job[] {
  return [
    {
      name: 'sign-on logouts',
      everySeconds: 2,
      run: (services) => deliverLogouts(services, () => signOn.provider()),
    },
    { name: 'sign-on lost sessions', everySeconds: 60, run: findLostSessions },
    { name: 'sign-on clean-up', everySeconds: 600, run: clearArtifacts },
  ]
}
