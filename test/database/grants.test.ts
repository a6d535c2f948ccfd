// The rights that are asked for: as many as what is allowed needs, and names written so that they stay names.

import { describe, expect, it } from 'vitest';
import { allowedDeeds } from '../../src/database/deed-kind.ts';
import { grantsFor, grantsText, neededOfOwner } from '../../src/database/grants.ts';

const whats = (allow: Parameters<typeof neededOfOwner>[0], owner?: string) =>
  grantsFor({ allow, ...(owner !== undefined && { owner }) }).map(({ what }) => what);

describe('the grants', () => {
  it('are only for looking where nothing is allowed, and for a restart, which is no SQL', () => {
    expect(whats([])).toEqual(['pg_monitor']);
    expect(whats([], 'shop_owner')).toEqual(['pg_monitor']);
  });

  it('make it no member of the owner for settings', () => {
    expect(whats(['settings'], 'shop_owner').some((what) => what.includes('owner'))).toBe(false);
    expect(whats(['settings'])).toHaveLength(4);
  });

  it('need the owner for all that is done to tables', () => {
    const rest = allowedDeeds.filter((each) => each !== 'settings');
    expect(neededOfOwner(allowedDeeds)).toEqual(rest);
    expect(whats(['indexes'], 'shop_owner')).toHaveLength(2);
  });

  it('name what it reads, and the SQL whose tables nobody is certain of', () => {
    const measured = [
      { input: 'sites', sql: 'select count(*) from sites' },
      { input: 'traps', sql: 'select\n  count(*) from all_traps()' },
    ];
    const text = grantsText({ allow: [], reads: { schema: 'shop', measured } }, 'headroom');
    expect(text).toContain('grant usage on schema "shop" to "headroom";');
    expect(text).toContain('grant select on "shop"."sites" to "headroom";');
    expect(text).toMatch(/^-- Which tables traps is measured in .* grant SELECT on them yourself/m);
    expect(text).toMatch(/^-- select count\(\*\) from all_traps\(\)$/m);
    expect(text.match(/grant select/g)).toHaveLength(1);
  });

  it('never make it a superuser, nor give it rows', () => {
    const text = grantsText({ allow: allowedDeeds, owner: 'shop_owner' }, 'headroom');
    expect(text).not.toMatch(/superuser;|pg_read_all_data|pg_write|on all tables|with admin/i);
  });

  it('keep a name a name, whatever is in it', () => {
    const name = `x"; drop role y; $grant$ 'z\\`;
    const text = grantsText({ allow: ['settings', 'tables'], owner: name }, name);
    expect(text).toContain(`grant pg_monitor to "x""; drop role y; $grant$ 'z\\";`);
    expect(text).toContain(`do $grantt$`);
    expect(text).not.toContain(`'z\\'`);
  });
});
