/** Where somebody pays what they owe before the rest is open to them. Pure. @module */
import type { Owed } from '#platform/context'

const SCREENS: Readonly<Record<Owed, string>> = {
  password_change: '/account/password',
  email_verification: '/account/verification',
  second_factor_enrolment: '/account/enrolment',
  second_factor: '/account/confirm',
  profile: '/account/profile',
}

export function debtScreen(owed: Owed): string {
  return SCREENS[owed]
}
