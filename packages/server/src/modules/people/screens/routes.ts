/** Every screen. @module */
import type { Screen } from './pages/screen.ts'
import { accountScreens } from './routes/account.ts'
import { accountFactorScreens } from './routes/account-factors.ts'
import { accountPasskeyScreens } from './routes/account-passkeys.ts'
import { accountProofScreens } from './routes/account-proofs.ts'
import { accountSettingScreens } from './routes/account-settings.ts'
import { continueScreen } from './routes/continue.ts'
import { joiningScreens } from './routes/joining.ts'
import { recoveryScreens } from './routes/recovery.ts'
import { signInScreens } from './routes/sign-in.ts'
import { signInStepScreens } from './routes/sign-in-steps.ts'
import { signOutScreens } from './routes/sign-out.ts'

export const screens: readonly Screen[] = [
  ...signInScreens,
  ...signInStepScreens,
  continueScreen,
  ...signOutScreens,
  ...recoveryScreens,
  ...joiningScreens,
  ...accountScreens,
  ...accountSettingScreens,
  ...accountFactorScreens,
  ...accountPasskeyScreens,
  ...accountProofScreens,
]
