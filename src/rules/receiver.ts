// The part of Alertmanager's configuration that brings a system's alerts to Headroom, and silence to somebody's notice.

import type { System } from '../plan/system.ts';
import { severities, watchdogAlert } from './alert-rules.ts';
import type { RulesDocument } from './rules-text.ts';

/** Routes, receivers and an inhibition to merge into alertmanager.yml; addresses and the file's path are for the reader to set. */
export function receiver(system: System): RulesDocument {
  const ours = `headroom_system="${system.id}"`;
  const of = (severity: string) => `severity="${severity}"`;
  return {
    head: [
      'Merge this into alertmanager.yml, its routes before your own. For a further system only its two routes are new.',
      'What a route takes no longer reaches the receiver at the root. If it should, name that receiver once more in a',
      'last route without matchers: continue hands alerts on to it.',
    ],
    content: {
      route: {
        routes: [
          {
            matchers: [`alertname="${watchdogAlert}"`, ours],
            receiver: 'headroom-watchdog',
            group_wait: '0s',
            group_interval: '1m',
            repeat_interval: '5m',
          },
          {
            matchers: [ours, of(severities.critical)],
            receiver: 'headroom',
            continue: true,
            group_by: ['alertname', 'headroom_system', 'headroom_component'],
            group_wait: '10s',
            group_interval: '1m',
            repeat_interval: '1h',
          },
        ],
      },
      inhibit_rules: [
        {
          source_matchers: ['headroom_system!=""', of(severities.critical)],
          target_matchers: ['headroom_system!=""', of(severities.warning)],
          equal: ['headroom_system', 'headroom_component', 'headroom_trigger'],
        },
      ],
      receivers: [
        {
          name: 'headroom',
          webhook_configs: [
            {
              url: 'http://headroom.headroom.svc:8080/alertmanager',
              send_resolved: true,
              http_config: {
                authorization: {
                  type: 'Bearer',
                  credentials_file: '/etc/alertmanager/secrets/headroom-token',
                },
              },
            },
          ],
        },
        {
          name: 'headroom-watchdog',
          webhook_configs: [
            { url: 'https://dead-mans-switch.example/headroom', send_resolved: false },
          ],
        },
      ],
    },
    notes: [
      {
        path: ['route', 'routes', 0],
        lines: ['Always firing: the receiver must tell somebody when it stops coming.'],
      },
      {
        path: ['route', 'routes', 1],
        lines: [
          'Critical alerts become cards. Warnings are left to your own routes below: Headroom answers no warning,',
          'and would list it under alerts that fit no system.',
        ],
      },
      { path: ['inhibit_rules', 0], lines: ['While it is critical, nobody needs its warning.'] },
      {
        path: ['receivers', 0],
        lines: [
          'The address of Headroom, and a file with one of the tokens in ALERTMANAGER_TOKEN.',
        ],
      },
      {
        path: ['receivers', 1],
        lines: [
          'A service outside this cluster that complains when it is not called for ten minutes: set its address.',
        ],
      },
    ],
  };
}
