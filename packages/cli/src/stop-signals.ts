/** The two signals that end a server: the first asks, the second insists. @module */
import { exitCodes } from './exit-codes.ts'

/**
 * One Ctrl-C can arrive more than once: the terminal sends it to every process of the group, and npm (and bin/writ.js
 * in a checkout) pass on what they got. What comes this soon is the same key press.
 */
export const SAME_PRESS_MS = 300

export interface StopSignals {
  /** Settled by the first SIGINT or SIGTERM; a later one ends the process. */
  readonly first: Promise<NodeJS.Signals>
  stop(): void
}

/** What is listened to and what is ended: the process, and in a test something else. */
export interface SignalSource {
  on(signal: 'SIGINT' | 'SIGTERM', heard: (signal: NodeJS.Signals) => void): unknown
  off(signal: 'SIGINT' | 'SIGTERM', heard: (signal: NodeJS.Signals) => void): unknown
  exit(code: number): void
}

export function watchStopSignals(source: SignalSource = process, now = () => performance.now()): StopSignals {
  let firstAt: number | undefined
  let settle: (signal: NodeJS.Signals) => void = () => {}
  const first = new Promise<NodeJS.Signals>((resolve) => {
    settle = resolve
  })
  const heard = (signal: NodeJS.Signals) => {
    if (firstAt === undefined) {
      firstAt = now()
      settle(signal)
    } else if (now() - firstAt > SAME_PRESS_MS) source.exit(exitCodes.interrupted)
  }
  source.on('SIGINT', heard)
  source.on('SIGTERM', heard)
  return {
    first,
    stop() {
      source.off('SIGINT', heard)
      source.off('SIGTERM', heard)
    },
  }
}
