// A program that starts a server, says where, and then lives until it is killed: the parent in tests of dying parents.
import { startPostgres } from '../../../sandbox/postgres/server.ts';

const [directory = '', endsWithParent] = process.argv.slice(2);
const server = await startPostgres({
  directory,
  fsync: false,
  endsWithParent: endsWithParent === 'true',
});
console.log(JSON.stringify({ port: server.port, url: server.url() }));
setInterval(() => undefined, 60_000);
