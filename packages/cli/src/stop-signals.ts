/** The two signals that end a server: the first asks, the second insists. @module */
import { exitCodes } from './exit-codes.ts'

/**
 * One Ctrl-C can arrive more than once: the terminal sends it to every process of the group, and npm (and bin/writ.js
 * in a checkout) pass on what they got. What comes this soon is the same key press.
 */
const SAME_PRESS_MS = 300

export interface StopSignals {
  /** Settled by the first SIGINT or SIGTERM; a later one ends the process. */
  readonly first: Promise<NodeJS.Signals>
  stop(): void
}

export function watchStopSignals(): StopSignals {
  let firstAt: number | undefined
  let settle: (signal: NodeJS.Signals) => void = () => {}
  const first = new Promise<NodeJS.Signals>((resolve) => {
    settle = resolve
  })
  const heard = (signal: NodeJS.Signals) => {
    const now = performance.now()
    if (firstAt === undefined) {
      firstAt = now
      settle(signal)
    } else if (now - firstAt > SAME_PRESS_MS) process.exit(exitCodes.interrupted)
  }
  process.on('SIGINT', heard).on('SIGTERM', heard)
  return {
    first,
    stop() {
      process.off('SIGINT', heard).off('SIGTERM', heard)
    },
  }
}
