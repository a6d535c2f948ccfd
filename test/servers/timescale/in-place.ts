// What the stand-in for TimescaleDB takes in place of the statements that only the real library reads.

import { Connection, escapeLiteral } from 'pg';

/**
 * The stand-in is no library that could read those statements where the server gets them, so every connection of this
 * process sends what it takes in their place. Returns what ends that.
 */
export function sendToStandIn(): () => void {
  const query: (this: Connection, text: string) => void = Reflect.get(
    Connection.prototype,
    'query',
  );
  Object.assign(Connection.prototype, {
    query(this: Connection, text: string) {
      query.call(this, inPlaceOfLibrary(text) ?? text);
    },
  });
  return () => {
    Object.assign(Connection.prototype, { query });
  };
}

/** Undefined for any other statement. */
export function inPlaceOfLibrary(statement: string): string | undefined {
  const made =
    /^create materialized view (\S+) with \(timescaledb\.continuous.*?\) as (select .* from (\S+) group by .*) with no data$/.exec(
      statement,
    );
  if (made !== null) {
    const [called = '', query = '', over = ''] = made.slice(1).map(escapeLiteral);
    return `call _stand_in.make_aggregate(${called}, ${over}::regclass, ${query})`;
  }
  const [, table = '', options] =
    /^alter table (\S+) set \((timescaledb\..*)\)$/.exec(statement) ?? [];
  if (options === undefined) return undefined;
  const valueOf = (name: string) =>
    new RegExp(`timescaledb\\.${name} = ('(?:[^']|'')*'|true|false)`).exec(options)?.[1] ?? 'null';
  const [isOn, segments, order] = [
    '(?:enable_columnstore|compress)',
    '\\w*segmentby',
    '\\w*orderby',
  ].map(valueOf);
  return `call _stand_in.set_compression(${escapeLiteral(table)}::regclass, ${isOn}, ${segments}, ${order})`;
}
