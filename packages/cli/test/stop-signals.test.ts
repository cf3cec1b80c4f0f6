import { EventEmitter } from 'node:events'
import { beforeEach, expect, test } from 'vitest'
import { SAME_PRESS_MS, watchStopSignals } from '../src/stop-signals.ts'

class Source extends EventEmitter {
  readonly exits: number[] = []
  exit(code: number): void {
    this.exits.push(code)
  }
}

let source: Source
let time: number

beforeEach(() => {
  source = new Source()
  time = 1000
})

test('the first signal asks, whichever it is', async () => {
  const signals = watchStopSignals(source, () => time)
  source.emit('SIGTERM', 'SIGTERM')
  expect(await signals.first).toBe('SIGTERM')
  expect(source.exits).toEqual([])
})

test('a second one insists', () => {
  watchStopSignals(source, () => time)
  source.emit('SIGINT', 'SIGINT')
  time += SAME_PRESS_MS + 1
  source.emit('SIGTERM', 'SIGTERM')
  expect(source.exits).toEqual([130])
})

// A terminal sends Ctrl-C to npm and to the server, and npm passes its own on.
test('one Ctrl-C that arrives twice is one', () => {
  watchStopSignals(source, () => time)
  source.emit('SIGINT', 'SIGINT')
  time += SAME_PRESS_MS
  source.emit('SIGINT', 'SIGINT')
  expect(source.exits).toEqual([])
})

test('after stop nothing is listened to', () => {
  watchStopSignals(source, () => time).stop()
  expect(source.listenerCount('SIGINT') + source.listenerCount('SIGTERM')).toBe(0)
})
