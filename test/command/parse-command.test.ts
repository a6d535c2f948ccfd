// What people type, as keyboards write it, and what they are told when it is not understood.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCapacityCommand, parseScaleCommand } from '../../src/command/parse-command.ts';
import { makeDatabasePlace, makeSystem, makeSystems } from '../make.ts';

const systems = makeSystems(
  makeSystem(),
  makeSystem({
    id: 'boilers',
    cluster: 'staging',
    databases: new Map([['main', makeDatabasePlace()]]),
  }),
);
const capacity = (text: string) => parseCapacityCommand(text, systems);
const scale = (text: string) => parseScaleCommand(text, systems);
const understood = (command: object) => ({ kind: 'command', command });
const misunderstood = (because: RegExp) => ({
  kind: 'misuse',
  because: expect.stringMatching(because),
});

describe('/capacity', () => {
  // biome-ignore format: a table
  it.each([
    ['',                                        { kind: 'help' }],
    ['   ',                                     { kind: 'help' }],
    ['help',                                    { kind: 'help' }],
    ['HELP',                                    { kind: 'help' }],
    ['help plan',                               { kind: 'help' }],
    ['systems',                                 { kind: 'systems' }],
    ['status',                                  { kind: 'status' }],
    ['Status boilers',                          { kind: 'status', system: 'boilers' }],
    [' status\u00a0boilers ',                   { kind: 'status', system: 'boilers' }],
    ['rules boilers',                           { kind: 'rules', system: 'boilers' }],
    ['plan boilers',                            { kind: 'plan', system: 'boilers', inputs: new Map() }],
    ['plan boilers sites=100 traps=5000',       { kind: 'plan', system: 'boilers', inputs: new Map([['sites', '100'], ['traps', '5000']]) }],
    ['plan sites=100 boilers',                  { kind: 'plan', system: 'boilers', inputs: new Map([['sites', '100']]) }],
    ['what-if boilers sites=100',               { kind: 'what-if', system: 'boilers', inputs: new Map([['sites', '100']]) }],
    ['forecast boilers growth=10% periods=6',   { kind: 'forecast', system: 'boilers', inputs: new Map([['growth', '10%'], ['periods', '6']]) }],
    ['cost boilers',                            { kind: 'cost', system: 'boilers', inputs: new Map() }],
    ['explain boilers sites=100',               { kind: 'explain', system: 'boilers', inputs: new Map([['sites', '100']]) }],
    ['explain p-7k3mq',                         { kind: 'explain-plan', plan: 'p-7k3mq' }],
    ['right-size boilers',                      { kind: 'right-size', system: 'boilers' }],
    ['Right-Size boilers/worker',               { kind: 'right-size', system: 'boilers', component: 'worker' }],
    ['plan "boilers" sites="100"',              { kind: 'plan', system: 'boilers', inputs: new Map([['sites', '100']]) }],
  ])('"%s" is understood', (text, command) => {
    expect(capacity(text)).toEqual(understood(command));
  });

  // biome-ignore format: a table
  it.each([
    ['stauts',                        /^there is no "stauts"; did you mean "status"\?$/],
    ['plam boilers',                  /did you mean "plan"/],
    ['dance',                         /^there is no "dance"$/],
    ['status boiler',                 /^there is no system "boiler"; did you mean "boilers"\?$/],
    ['status Boilers',                /did you mean "boilers"/],
    ['status boilers now',            /do not know what to do with "now"/],
    ['status system=boilers',         /do not know what to do with "system="/],
    ['systems x=1',                   /do not know what to do with "x="/],
    ['rules',                         /^which system\? One of: steam-traps, boilers$/],
    ['rules boilers part=adapter',    /do not know what to do with "part="/],
    ['rules boiler',                  /did you mean "boilers"/],
    ['plan',                          /^which system\? One of: steam-traps, boilers$/],
    ['plan boilers sites=1 sites=2',  /^"sites" is there twice$/],
    ['plan "boilers',                 /quote was opened and not closed/],
    [`plan boilers ${' '.repeat(1984)}sites=100`, /^a command has at most 2000 characters$/],
    ['explain',                       /^which system or plan\? One of: steam-traps, boilers$/],
    ['explain p-7k3mq sites=1',       /do not know what to do with "sites="/],
    ['explain boiler',                /did you mean "boilers"/],
    ['right-size',                    /^which system\? One of: steam-traps, boilers$/],
    ['right-size boiler',             /did you mean "boilers"/],
    ['right-size boilers/wroker',     /^boilers has no component "wroker"; did you mean "worker"\?$/],
    ['right-size boilers/worker/app', /should be SYSTEM or SYSTEM\/component/],
    ['right-size boilers window=30d', /do not know what to do with "window="/],
    ['rightsize boilers',             /did you mean "right-size"/],
    ['forcast boilers',               /did you mean "forecast"/],
    ['plan constructor',              /there is no system "constructor"/],
    ['plan __proto__',                /there is no system "__proto__"/],
  ])('"%s" is answered with what is wrong', (text, because) => {
    expect(capacity(text)).toEqual(misunderstood(because));
  });
});

describe('/scale', () => {
  const sized = { kind: 'scale', system: 'boilers', component: 'worker' };
  const eight = { kind: 'scale', system: 'boilers', component: 'worker', replicas: 8 };
  // biome-ignore format: a table
  it.each([
    ['',                                                 { kind: 'help' }],
    ['help',                                             { kind: 'help' }],
    ['boilers/worker replicas=8',                        eight],
    ['boilers/worker replicas="8"',                      eight],
    ['replicas=8 boilers/worker',                        eight],
    ['boilers/worker replicas=08',                       eight],
    ['boilers/worker replicas=8 reason=slow',            { ...eight, reason: 'slow' }],
    ['boilers/worker replicas=8 reason="the queue grows"', { ...eight, reason: 'the queue grows' }],
    ['boilers/worker replicas=8 reason=“the queue grows”', { ...eight, reason: 'the queue grows' }],
    ['boilers/worker replicas=8 reason=„die Schlange“',  { ...eight, reason: 'die Schlange' }],
    ['boilers/worker replicas=8 reason=«la file»',       { ...eight, reason: 'la file' }],
    ['boilers/worker replicas=8 reason="it\'s = late"',  { ...eight, reason: "it's = late" }],
    ['boilers/worker replicas=8 reason="a\nb"',          { ...eight, reason: 'a b' }],
    ['boilers/worker replicas=8 reason=""',              eight],
    ['boilers/worker replicas=8 reason="  "',            eight],
    ['boilers/worker cpu=750m memory=2Gi',               { ...sized, requests: { cpuMillicores: 750, memoryMi: 2048 } }],
    ['boilers/worker cpu=1.5',                           { ...sized, requests: { cpuMillicores: 1500 } }],
    ['boilers/worker memory=1G replicas=8',              { ...eight, requests: { memoryMi: 954 } }],
    ['stop',                                             { kind: 'stop', scope: '*' }],
    ['STOP',                                             { kind: 'stop', scope: '*' }],
    ['stop boilers reason="incident 12"',                { kind: 'stop', scope: 'system:boilers', reason: 'incident 12' }],
    ['stop cluster=staging',                             { kind: 'stop', scope: 'cluster:staging' }],
    ['resume',                                           { kind: 'resume', scope: '*' }],
    ['run boilers',                                      { kind: 'run', system: 'boilers', given: new Map() }],
    ['RUN boilers high-load',                            { kind: 'run', system: 'boilers', procedure: 'high-load', given: new Map() }],
    ['run boilers gradual from=5 to=16',                 { kind: 'run', system: 'boilers', procedure: 'gradual', given: new Map([['from', '5'], ['to', '16']]) }],
    ['run from=5 boilers gradual',                       { kind: 'run', system: 'boilers', procedure: 'gradual', given: new Map([['from', '5']]) }],
    ['restart boilers main',                             { kind: 'restart', system: 'boilers', database: 'main', settings: {} }],
    ['restart boilers main reason="max_connections"',    { kind: 'restart', system: 'boilers', database: 'main', settings: {}, reason: 'max_connections' }],
    ['restart boilers main max_connections=500',         { kind: 'restart', system: 'boilers', database: 'main', settings: { max_connections: '500' } }],
    ['resume boilers',                                   { kind: 'resume', scope: 'system:boilers' }],
    ['resume cluster=production',                        { kind: 'resume', scope: 'cluster:production' }],
  ])('"%s" is understood', (text, command) => {
    expect(scale(text)).toEqual(understood(command));
  });

  // biome-ignore format: a table
  it.each([
    ['restart',                              /^which system\?/],
    ['restart boilers',                      /^which database of boilers\? One of: main$/],
    ['restart boilers mian',                 /did you mean "main"/],
    ['restart boilers main now',             /do not know what to do with "now"/],
    ['restart boilers main max_conections=500', /did you mean "max_connections"/],
    ['restart boilers main when=now',        /there is no setting "when"/],
    ['restart steam-traps main',             /headroom.yaml names no database of steam-traps/],
    ['boilers replicas=8',                   /^which component of boilers\? One of: steam-trap-inspector, api-gateway, worker/],
    ['boiler replicas=8',                    /^there is no system or word "boiler"; did you mean "boilers"\?$/],
    ['stpo',                                 /did you mean "stop"/],
    ['boiler/worker replicas=8',             /^there is no system "boiler"; did you mean "boilers"\?$/],
    ['boilers/wroker replicas=8',            /^boilers has no component "wroker"; did you mean "worker"\?$/],
    ['boilers/worker/x replicas=8',          /should be SYSTEM\/component/],
    ['boilers/ replicas=8',                  /boilers has no component ""/],
    ['boilers/worker',                       /^say how many or how big: replicas=N, cpu=750m, memory=2Gi$/],
    ['boilers/worker cpu=lots',              /cpu must be an amount such as 750m or 1.5 \(cores\), not "lots"/],
    ['boilers/worker cpu=0',                 /cpu must be an amount/],
    ['boilers/worker cpu=-1',                /cpu must be an amount/],
    ['boilers/worker cpu=4Gi',               /cpu must be an amount/],
    ['boilers/worker memory=2',              /memory must be an amount such as 512Mi or 2Gi, not "2"/],
    ['boilers/worker memory=512m',           /memory must be an amount/],
    ['boilers/worker memory=0Gi',            /memory must be an amount/],
    ['boilers/worker memory=99Ti',           /memory must be an amount/],
    ['boilers/worker replicas=8 cpu=',       /cpu must be an amount/],
    ['boilers/worker memry=2Gi',             /did you mean "memory"/],
    ['boilers/worker replica=8',             /there is no setting "replica"; did you mean "replicas"\?/],
    ['boilers/worker replicas',              /do not know what to do with "replicas"/],
    ['boilers/worker 8',                     /do not know what to do with "8"/],
    ['boilers/worker replicas = 8',          /do not know what to do with/],
    ['boilers/worker replicas=',             /whole number, not ""/],
    ['boilers/worker replicas=-1',           /whole number, not "-1"/],
    ['boilers/worker replicas=1.5',          /whole number, not "1.5"/],
    ['boilers/worker replicas=1e3',          /whole number, not "1e3"/],
    ['boilers/worker replicas=0x10',         /whole number/],
    ['boilers/worker replicas=８',            /whole number/],
    ['boilers/worker replicas=123456',       /whole number/],
    ['boilers/worker replicas=eight',        /whole number, not "eight"/],
    ['boilers/worker replicas=8 replicas=9', /^"replicas" is there twice$/],
    ['boilers/worker replicas=8 reason="x',  /quote was opened and not closed/],
    ['stop boilers cluster=staging',         /a system or a cluster, not both/],
    ['stop boiler',                          /did you mean "boilers"/],
    ['stop cluster=stagin',                  /there is no cluster "stagin"; did you mean "staging"\?/],
    ['stop reasn=x',                         /there is no setting "reasn"; did you mean "reason"\?/],
    ['stop it now',                          /do not know what to do with "now"/],
    ['rum boilers gradual',                  /do not know what to do with|did you mean "run"/],
    ['run',                                  /^which system\? One of: steam-traps, boilers$/],
    ['run boiler gradual',                   /^there is no system "boiler"; did you mean "boilers"\?$/],
    ['run boilers gradul',                   /^boilers has no procedure "gradul"; did you mean "gradual"\?\. It has pre-scaling-checks, high-load, gradual/],
    ['run boilers constructor',              /^boilers has no procedure "constructor"/],
    ['run boilers from=5',                   /^which procedure of boilers\? One of: pre-scaling-checks/],
    ['run boilers gradual now',              /do not know what to do with "now"/],
    ['run boilers gradual to=1 to=2',        /^"to" is there twice$/],
  ])('"%s" is answered with what is wrong', (text, because) => {
    expect(scale(text)).toEqual(misunderstood(because));
  });

  it('keeps 300 characters of a reason', () => {
    expect(scale(`stop reason="${'x'.repeat(400)}"`)).toEqual(
      understood({ kind: 'stop', scope: '*', reason: 'x'.repeat(300) }),
    );
  });
});

describe('for any text', () => {
  const pieces = fc.constantFrom(
    'boilers',
    'boilers/worker',
    'replicas=',
    'replicas=8',
    'reason="',
    '“',
    '=',
    '/',
    'stop',
    'plan',
    'status',
    '\u0000',
    '🔥',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 3_000 }),
    fc.array(fc.oneof(pieces, fc.string({ maxLength: 5 }))).map((words) => words.join(' ')),
  );

  it('neither command ever throws, and every misuse says something', () => {
    fc.assert(
      fc.property(text, (typed) => {
        for (const parsed of [capacity(typed), scale(typed)]) {
          if (parsed.kind === 'misuse') expect(parsed.because.length).toBeGreaterThan(5);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('a change that is understood names a known system and component and a whole number', () => {
    fc.assert(
      fc.property(text, (typed) => {
        const parsed = scale(typed);
        if (parsed.kind !== 'command' || parsed.command.kind !== 'scale') return;
        const { system, component, replicas } = parsed.command;
        expect(systems.get(system)?.profile.components.has(component)).toBe(true);
        expect(Number.isSafeInteger(replicas)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('what is written out is read back', () => {
    const asked = fc.record({
      system: fc.constantFrom(...systems.keys()),
      component: fc.constantFrom('worker', 'api-gateway'),
      replicas: fc.integer({ min: 0, max: 99_999 }),
      reason: fc.stringMatching(/^[a-z=/,.'-]+( [a-z=/,.'-]+){0,5}$/),
    });
    fc.assert(
      fc.property(asked, (want) => {
        const { system, component, replicas, reason } = want;
        const typed = `${system}/${component} replicas=${replicas} reason="${reason}"`;
        const kept = reason.slice(0, 300);
        expect(scale(typed)).toEqual(understood({ kind: 'scale', ...want, reason: kept.trim() }));
      }),
    );
  });
});

describe('what is wanted for a time', () => {
  const more = { kind: 'scale', system: 'boilers', component: 'worker', replicas: 8 };
  // biome-ignore format: a table
  it.each([
    ['boilers/worker replicas=8 for=2h',    { ...more, forSeconds: 7_200 }],
    ['boilers/worker replicas=8 for=1h30m', { ...more, forSeconds: 5_400 }],
    ['boilers/worker for=7d replicas=8',    { ...more, forSeconds: 604_800 }],
    ['extend p-7k3mq',                      { kind: 'extend', plan: 'p-7k3mq' }],
    ['Extend p-7k3mq for=45m',              { kind: 'extend', plan: 'p-7k3mq', seconds: 2_700 }],
    ['give-back p-7k3mq',                   { kind: 'give-back', plan: 'p-7k3mq' }],
    ['revert p-7k3mq',                      { kind: 'revert', plan: 'p-7k3mq' }],
    ['revert p-7k3mq reason="not needed"',  { kind: 'revert', plan: 'p-7k3mq', reason: 'not needed' }],
  ])('%s', (text, command) => {
    expect(scale(text)).toEqual(understood(command));
  });

  // biome-ignore format: a table
  it.each([
    ['boilers/worker replicas=8 for=2',      /time such as 45m, 2h or 1h30m, not "2"/],
    ['boilers/worker replicas=8 for=4m',     /between 5m and 7d, not "4m"/],
    ['boilers/worker replicas=8 for=8d',     /between 5m and 7d, not "8d"/],
    ['boilers/worker replicas=8 fro=2h',     /no setting "fro"; did you mean "for"/],
    ['boilers/worker memory=2Gi for=2h',     /goes with replicas= alone/],
    ['extend',                               /which plan/],
    ['extend worker',                        /which plan/],
    ['extend p-7k3mq for=1y',                /between 5m and 7d/],
    ['give-back p-7k3mq for=1h',             /no setting "for"/],
    ['extnd p-7k3mq',                        /./],
    ['revert boilers',                       /which plan/],
    ['revert p-7k3mq for=1h',                /no setting "for"/],
  ])('%s is not understood', (text, because) => {
    expect(scale(text)).toEqual(misunderstood(because));
  });
});
