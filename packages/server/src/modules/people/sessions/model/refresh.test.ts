import { describe, expect, test } from 'vitest'
import { judgeRefresh, type PresentedToken, type SessionStanding } from './refresh.ts'

const now = new Date('2026-03-02T09:00:00Z')
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000)
const later = ago(-3600)

const fresh: PresentedToken = { expiresAt: later, spentAt: null, spentBy: null, isSuccessorSpent: false }
const standing: SessionStanding = {
  endedAt: null,
  expiresAt: later,
  sessionTokenVersion: 1,
  tokenVersion: 1,
  userStatus: 'active',
  memberStatus: 'active',
  organizationStatus: 'active',
  mustChangePassword: false,
  accessEndsAt: null,
}

describe('a refresh token', () => {
  test.each<[string, Partial<PresentedToken>, boolean, string]>([
    ['that is fresh rotates', {}, false, 'rotate'],
    ['that expires now is refused', { expiresAt: now }, false, 'expired'],
    ['spent this moment by the same client repeats its answer', { spentAt: now }, true, 'repeat'],
    ['spent ten seconds ago by the same client repeats its answer', { spentAt: ago(10) }, true, 'repeat'],
    ['spent longer ago by the same client is reused', { spentAt: ago(10.001) }, true, 'reused'],
    ['spent this moment by another client is reused', { spentAt: now }, false, 'reused'],
    [
      'whose successor is spent is reused, also at once',
      { spentAt: now, isSuccessorSpent: true },
      true,
      'reused',
    ],
    // A change of the password expires the family: the answer that was lost before it is not given after it.
    [
      'spent this moment by the same client and expired is refused',
      { spentAt: now, expiresAt: now },
      true,
      'expired',
    ],
    // Reuse is looked for before expiry: a thief who comes late is a thief.
    ['spent and expired is reused', { spentAt: ago(60), expiresAt: ago(1) }, true, 'reused'],
  ])('%s', (_, token, isSameClient, expected) => {
    const judged = judgeRefresh({ ...fresh, ...token }, standing, isSameClient, now)
    expect('reason' in judged ? judged.reason : judged.verdict).toBe(expected)
  })

  test.each<[string, Partial<SessionStanding>]>([
    ['session_ended', { endedAt: ago(1) }],
    ['session_expired', { expiresAt: now }],
    ['tokens_revoked', { tokenVersion: 2 }],
    ['account_deactivated', { userStatus: 'deactivated' }],
    ['member_deactivated', { memberStatus: 'deactivated' }],
    ['organization_suspended', { organizationStatus: 'suspended' }],
    ['password_change_required', { mustChangePassword: true }],
    ['access_ended', { accessEndsAt: now }],
  ])('is refused with %s, spent or not', (reason, change) => {
    for (const spentAt of [null, now]) {
      const judged = judgeRefresh({ ...fresh, spentAt }, { ...standing, ...change }, true, now)
      expect(judged).toEqual({ verdict: 'refused', reason })
    }
  })
})
