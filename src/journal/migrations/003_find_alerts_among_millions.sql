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

create index alerts_by_severity on alerts (severity, starts_at, id);
create index alerts_stale on alerts (starts_at, id) where status = 'stale';
create index alerts_stale_by_name on alerts (name, starts_at, id) where status = 'stale';
create index alerts_stale_by_severity on alerts (severity, starts_at, id) where status = 'stale';
-- Which alerts fired at a time, however long ago each began.
create index alerts_during on alerts using gist (tstzrange(starts_at, ends_at));
analyze label_sets;
analyze alerts;
