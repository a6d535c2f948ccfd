-- A stand-in for TimescaleDB, which cannot be installed here: the views and functions Headroom uses, with the names, arguments
-- and defaults of its reference, keeping what they are told in tables and refusing what the real ones refuse. A named argument
-- that does not exist is refused by PostgreSQL itself. It cannot take ALTER TABLE … SET (timescaledb.…) and CREATE MATERIALIZED
-- VIEW … WITH (timescaledb.…): only the real library reads those. Arguments of type "any" are of type interval or anyelement here.

create schema _stand_in;
create schema timescaledb_information;

create table _stand_in.hypertable (
  schema_name name, table_name name, time_column name, column_type regtype, width interval,
  compressed boolean not null default false, is_materialization boolean not null default false,
  primary key (schema_name, table_name));
create table _stand_in.chunk (
  schema_name name, table_name name, chunk_name name, range_start timestamptz, range_end timestamptz,
  is_compressed boolean not null default false);
create table _stand_in.compression (
  schema_name name, table_name name, attname name, segment smallint, "order" smallint, is_asc boolean);
create table _stand_in.aggregate (
  view_schema name, view_name name, schema_name name, table_name name, width interval,
  materialization name, materialized_only boolean);
create table _stand_in.job (
  id int generated always as identity (start with 1000), proc name, every interval, config jsonb,
  is_scheduled boolean not null default true, schema_name name, table_name name);

create view timescaledb_information.hypertables as
select schema_name as hypertable_schema, table_name as hypertable_name,
       (select count(*) from _stand_in.chunk c where (c.schema_name, c.table_name) = (h.schema_name, h.table_name)) as num_chunks,
       compressed as compression_enabled %distributed%
  from _stand_in.hypertable h where not is_materialization;

create view timescaledb_information.dimensions as
select schema_name as hypertable_schema, table_name as hypertable_name, 1::bigint as dimension_number,
       time_column as column_name, column_type, 'Time' as dimension_type, width as time_interval,
       case when width is null then 1000 end::bigint as integer_interval
  from _stand_in.hypertable;

create view timescaledb_information.chunks as
select schema_name as hypertable_schema, table_name as hypertable_name, chunk_name, range_start, range_end, is_compressed
  from _stand_in.chunk;

create view timescaledb_information.compression_settings as
select schema_name as hypertable_schema, table_name as hypertable_name, attname, segment as segmentby_column_index,
       "order" as orderby_column_index, is_asc as orderby_asc
  from _stand_in.compression;

create view timescaledb_information.continuous_aggregates as
select schema_name as hypertable_schema, table_name as hypertable_name, view_schema, view_name, materialized_only,
       '_stand_in'::name as materialization_hypertable_schema, materialization as materialization_hypertable_name,
       pg_catalog.pg_get_viewdef(pg_catalog.format('_stand_in.%I', 'direct_' || materialization)::regclass) as view_definition
  from _stand_in.aggregate;

-- A job of an aggregate is one of the hypertable behind it; newer versions show the aggregate's own name.
create view timescaledb_information.jobs as
select id as job_id, every as schedule_interval, proc as proc_name, is_scheduled as scheduled, config,
       case when %named% then coalesce(a.view_schema, j.schema_name) else j.schema_name end as hypertable_schema,
       case when %named% then coalesce(a.view_name, j.table_name) else j.table_name end as hypertable_name
  from _stand_in.job j
  left join _stand_in.aggregate a on ('_stand_in'::name, a.materialization) = (j.schema_name, j.table_name);

-- Which row of _stand_in.hypertable a relation is; that of an aggregate is the one behind it.
create function _stand_in.found(relation regclass, out schema_name name, out table_name name) language plpgsql as $$
begin
  select h.schema_name, h.table_name into schema_name, table_name
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join _stand_in.aggregate a on (a.view_schema, a.view_name) = (n.nspname, c.relname)
    join _stand_in.hypertable h on (h.schema_name, h.table_name)
         = (case when a is null then n.nspname else '_stand_in' end, coalesce(a.materialization, c.relname))
   where c.oid = relation;
  if table_name is null then
    raise 'table "%" is not a hypertable or a continuous aggregate', relation using errcode = 'TS001';
  end if;
  if not pg_catalog.pg_has_role((select relowner from pg_catalog.pg_class where oid = relation), 'usage') then
    raise 'must be owner of hypertable "%"', relation using errcode = '42501';
  end if;
  if pg_catalog.current_setting('timescaledb.license', true) = 'apache' then
    raise 'functionality not supported under the current "apache" license' using errcode = '0A000';
  end if;
end $$;

create function _stand_in.add_job(
  relation regclass, job_proc name, schedule interval, job_config jsonb, if_not_exists boolean) returns int language plpgsql as $$
declare
  at record := _stand_in.found(relation);
  there jsonb;
  made int;
begin
  select config into there from _stand_in.job j
   where j.proc = job_proc and (j.schema_name, j.table_name) = (at.schema_name, at.table_name);
  if there is not null then
    if not if_not_exists then
      raise '% already exists for "%"', job_proc, relation using errcode = '42710';
    end if;
    if there = job_config then raise notice 'policy already exists for "%", skipping', relation;
    else raise warning 'policy already exists for "%", with another configuration', relation;
    end if;
    return -1;
  end if;
  insert into _stand_in.job (proc, every, config, schema_name, table_name)
  values (job_proc, schedule, job_config, at.schema_name, at.table_name) returning id into made;
  return made;
end $$;

create function _stand_in.remove_job(relation regclass, job_proc name, if_exists boolean) returns void language plpgsql as $$
declare
  at record := _stand_in.found(relation);
begin
  delete from _stand_in.job j where j.proc = job_proc and (j.schema_name, j.table_name) = (at.schema_name, at.table_name);
  if not found and not if_exists then
    raise 'policy not found for "%"', relation using errcode = '42704';
  end if;
end $$;

create function @extschema@.set_chunk_time_interval(
  hypertable regclass, chunk_time_interval anyelement, dimension_name name = null) returns void language plpgsql as $$
declare
  at record := _stand_in.found(hypertable);
begin
  if pg_catalog.pg_typeof(chunk_time_interval) <> 'interval'::regtype then
    raise 'invalid interval type' using errcode = '22023';
  end if;
  update _stand_in.hypertable h set width = chunk_time_interval
   where (h.schema_name, h.table_name) = (at.schema_name, at.table_name) and h.time_column = coalesce(dimension_name, h.time_column);
  if not found then raise 'hypertable "%" does not have a matching dimension', hypertable using errcode = 'TS002'; end if;
end $$;

create function @extschema@.add_retention_policy(
  relation regclass, drop_after interval, if_not_exists boolean = false, schedule_interval interval = null,
  initial_start timestamptz = null, timezone text = null) returns int language sql as $$
  select _stand_in.add_job(relation, 'policy_retention', coalesce(schedule_interval, '1 day'),
    jsonb_build_object('hypertable_id', 1, 'drop_after', drop_after::text), if_not_exists) $$;

create function @extschema@.remove_retention_policy(relation regclass, if_exists boolean = false) returns void language sql as $$
  select _stand_in.remove_job(relation, 'policy_retention', if_exists) $$;

create function _stand_in.add_compression(
  relation regclass, after interval, if_not_exists boolean, every interval) returns int language plpgsql as $$
declare
  at record := _stand_in.found(relation);
begin
  if not (select compressed from _stand_in.hypertable h where (h.schema_name, h.table_name) = (at.schema_name, at.table_name)) then
    raise 'columnstore not enabled on hypertable "%"', relation using errcode = '0A000';
  end if;
  return _stand_in.add_job(relation, 'policy_compression', coalesce(every, '12 hours'),
    jsonb_build_object('hypertable_id', 1, 'compress_after', after::text), if_not_exists);
end $$;

create function @extschema@.add_compression_policy(
  hypertable regclass, compress_after interval, if_not_exists boolean = false, schedule_interval interval = null,
  initial_start timestamptz = null, timezone text = null) returns int language sql as $$
  select _stand_in.add_compression(hypertable, compress_after, if_not_exists, schedule_interval) $$;

create function @extschema@.remove_compression_policy(hypertable regclass, if_exists boolean = false)
returns boolean language sql as $$
  select _stand_in.remove_job(hypertable, 'policy_compression', if_exists); select true $$;

create function @extschema@.add_continuous_aggregate_policy(
  continuous_aggregate regclass, start_offset interval, end_offset interval, schedule_interval interval,
  if_not_exists boolean = false, initial_start timestamptz = null, timezone text = null) returns int language plpgsql as $$
begin
  if (select 2 * a.width > start_offset - end_offset
        from _stand_in.aggregate a where a.materialization = (_stand_in.found(continuous_aggregate)).table_name) then
    raise 'policy refresh window too small' using errcode = '22023';
  end if;
  return _stand_in.add_job(continuous_aggregate, 'policy_refresh_continuous_aggregate', schedule_interval,
    jsonb_build_object('mat_hypertable_id', 1, 'start_offset', start_offset::text, 'end_offset', end_offset::text), if_not_exists);
end $$;

create function @extschema@.remove_continuous_aggregate_policy(
  continuous_aggregate regclass, if_not_exists boolean = false) returns void language sql as $$
  select _stand_in.remove_job(continuous_aggregate, 'policy_refresh_continuous_aggregate', if_not_exists) $$;

create function @extschema@.time_bucket(bucket_width interval, ts timestamptz) returns timestamptz immutable strict language sql as $$
  select date_bin(bucket_width, ts, '2000-01-03 00:00:00+00') $$;
create function @extschema@.time_bucket(bucket_width interval, ts timestamp) returns timestamp immutable strict language sql as $$
  select date_bin(bucket_width, ts, '2000-01-03 00:00:00') $$;

-- Only whole buckets. It ends its transaction, and is refused inside of another, as the real one is.
create procedure @extschema@.refresh_continuous_aggregate(
  continuous_aggregate regclass, window_start anyelement, window_end anyelement %refresh%) language plpgsql as $$
declare
  at record;
  bucket interval;
begin
  commit;
  at := _stand_in.found(continuous_aggregate);
  select a.width into bucket from _stand_in.aggregate a where a.materialization = at.table_name;
  if window_end - window_start < bucket then
    raise 'refresh window too small' using errcode = '22023';
  end if;
  execute pg_catalog.format('delete from _stand_in.%I where bucket >= $1 and bucket + $3 <= $2', at.table_name)
    using window_start, window_end, bucket;
  execute pg_catalog.format('insert into _stand_in.%1$I select * from _stand_in.%2$I where bucket >= $1 and bucket + $3 <= $2',
    at.table_name, 'direct_' || at.table_name) using window_start, window_end, bucket;
end $$;

-- What CREATE MATERIALIZED VIEW … WITH (timescaledb.continuous) would make, for tests.
create procedure _stand_in.make_aggregate(
  called text, over regclass, query text, materialized_only boolean = true) language plpgsql as $$
declare
  own name := '_materialized_hypertable_' || (select count(*) + 1 from _stand_in.aggregate);
begin
  execute pg_catalog.format('create view _stand_in.%I as %s', 'direct_' || own, query);
  execute pg_catalog.format('create table _stand_in.%I as select * from _stand_in.%I with no data', own, 'direct_' || own);
  execute pg_catalog.format('create view %s as select * from _stand_in.%I', called, own);
  insert into _stand_in.hypertable values ('_stand_in', own, 'bucket', 'timestamptz', '10 days', false, true);
  insert into _stand_in.aggregate
  select n.nspname, v.relname, t.relnamespace::regnamespace::text, t.relname,
         substring(query from 'interval ''([^'']+)''')::interval, own, make_aggregate.materialized_only
    from pg_catalog.pg_class v join pg_catalog.pg_namespace n on n.oid = v.relnamespace, pg_catalog.pg_class t
   where v.oid = called::regclass and t.oid = over;
end $$;

-- What ALTER TABLE … SET (timescaledb.…) would do, for tests; the texts are lists of quoted names, as the real one takes them.
create procedure _stand_in.set_compression(relation regclass, is_on boolean, segment_by text, order_by text) language plpgsql as $$
declare
  at record := _stand_in.found(relation);
begin
  update _stand_in.hypertable h set compressed = is_on where (h.schema_name, h.table_name) = (at.schema_name, at.table_name);
  delete from _stand_in.compression c where (c.schema_name, c.table_name) = (at.schema_name, at.table_name);
  insert into _stand_in.compression (schema_name, table_name, attname, segment)
  select at.schema_name, at.table_name, trim(part, '"'), number
    from pg_catalog.string_to_table(segment_by, ', ') with ordinality as parts (part, number);
  insert into _stand_in.compression (schema_name, table_name, attname, "order", is_asc)
  select at.schema_name, at.table_name, trim(split_part(part, '" ', 1), '"'), number, part not like '% desc'
    from pg_catalog.string_to_table(order_by, ', ') with ordinality as parts (part, number);
end $$;

grant usage on schema timescaledb_information, _stand_in, @extschema@ to public;
grant select on all tables in schema timescaledb_information, _stand_in to public;
grant insert, update, delete on all tables in schema _stand_in to public;
%more%
