-- The sets of labels that there are, of which there are far fewer than alerts: which sets have some labels is asked here first,
-- and then each set for its newest alerts. Two labels that exclude each other are known to at once.
create table label_sets (
  hash bigint primary key,
  labels jsonb not null
);
insert into label_sets select distinct on (hash) hash, labels from (
  select jsonb_hash_extended(labels, 0) as hash, labels from alerts) sets;
create index label_sets_by_label on label_sets using gin (labels jsonb_path_ops);

create index alerts_by_label_set on alerts (jsonb_hash_extended(labels, 0), starts_at, id);
drop index alerts_by_label;

-- As much of both as an entry of an index can hold.
update alerts set name = left(name, 300), severity = left(severity, 300) where length(name) > 300 or length(severity) > 300;
-- What a summary adds up is in the index, a tenth of the table.
drop index alerts_by_start;
create index alerts_by_start on alerts (starts_at, id) include (name, severity, status, ends_at);
create index alerts_by_severity on alerts (severity, starts_at, id);
create index alerts_stale on alerts (starts_at, id) where status = 'stale';
create index alerts_stale_by_name on alerts (name, starts_at, id) where status = 'stale';
create index alerts_stale_by_severity on alerts (severity, starts_at, id) where status = 'stale';
-- Which alerts fired at a time, however long ago each began.
create index alerts_during on alerts using gist (tstzrange(starts_at, ends_at));
-- Only pages that were vacuumed can be answered for by an index.
alter table alerts set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);
analyze label_sets;
analyze alerts;
