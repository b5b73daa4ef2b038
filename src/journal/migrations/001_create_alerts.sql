create table alerts (
  id bigint generated always as identity primary key,
  fingerprint text not null,
  starts_at timestamptz not null,
  ends_at timestamptz,
  status text not null check (status in ('firing', 'resolved')),
  name text not null,
  severity text,
  labels jsonb not null,
  annotations jsonb not null,
  generator_url text not null,
  receiver text not null,
  group_key text not null,
  external_url text not null,
  received_at timestamptz not null default now(),
  resolved_received_at timestamptz,
  unique (fingerprint, starts_at),
  check ((status = 'resolved') = (ends_at is not null))
);

-- Read backwards: the newest alerts come first.
create index alerts_by_start on alerts (starts_at, id);
create index alerts_by_name on alerts (name, starts_at, id);
create index alerts_firing on alerts (starts_at, id) where status = 'firing';
create index alerts_by_label on alerts using gin (labels jsonb_path_ops);
