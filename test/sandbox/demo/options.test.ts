// The demo's command line: what it is without arguments, and words for what makes no sense.
import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../../sandbox/demo/options.ts';

describe('the command line of the demo', () => {
  test('without arguments it is a demo for a person over Socket Mode, kept in the checkout', () => {
    expect(parseOptions([], '/checkout')).toMatchObject({
      script: false,
      mode: 'socket',
      stateFolder: '/checkout/.headroom/demo',
      pagePort: 0,
      backlog: 812,
    });
  });

  test('takes everything it offers', () => {
    const words = '--script --http --state /state --port 8090 --backlog 1234 --seed 42';
    expect(parseOptions(words.split(' '), '/checkout')).toEqual({
      script: true,
      mode: 'http',
      stateFolder: '/state',
      pagePort: 8090,
      backlog: 1234,
      seed: 42,
    });
  });

  test.each([
    [['--backlog', '500'], '--backlog 500: expected a whole number from 501 to 1000000'],
    [['--backlog', 'many'], '--backlog many: expected a whole number from 501 to 1000000'],
    [['--port', '65536'], '--port 65536: expected a whole number from 0 to 65535'],
    [['--seed', '-1'], "Option '--seed' argument is ambiguous"],
    [['--scrip'], "Unknown option '--scrip'"],
    [['please'], 'Unexpected argument'],
  ])('refuses %j', (args, words) => {
    expect(() => parseOptions(args, '/checkout')).toThrow(words);
  });

  test('says how it is used', () => {
    expect(parseOptions(['--help'], '/checkout')).toBe('help');
  });
});
