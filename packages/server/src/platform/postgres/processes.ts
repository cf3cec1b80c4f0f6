import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * Tells a process from every other that ever had or will have its pid: undefined when it does not run,
 * otherwise a text that differs as soon as the pid is used again, also after a reboot.
 *
 * On Windows the start time is not to be had cheaply, so there a reused pid counts as the same process.
 */
export function processIdentity(pid: number): string | undefined {
  if (process.platform === 'linux') return linuxIdentity(pid)
  if (!answers(pid)) return undefined
  return process.platform === 'win32' ? 'running' : ps(pid, 'lstart=')
}

/** Is this the postmaster of this data directory, and not a stranger that was given its pid? */
export function isPostmaster(pid: number, dataDirectory: string): boolean {
  if (processIdentity(pid) === undefined) return false
  if (process.platform === 'win32') return true
  return commandLine(pid).includes(dataDirectory)
}

function commandLine(pid: number): string {
  if (process.platform !== 'linux') return ps(pid, 'args=') ?? ''
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** proc_pid_stat(5): the name, field 2, may hold blanks and parentheses; field 3 is the state, 22 the start time. */
function linuxIdentity(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie holds its pid until it is reaped, which under a careless pid 1 is never.
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`
  } catch {
    return undefined
  }
}

function answers(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function ps(pid: number, column: string): string | undefined {
  try {
    return (
      execFileSync('ps', ['-ww', '-o', column, '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined
    )
  } catch {
    return undefined
  }
}
