-- Alertmanager takes no alert that ends before it begins, nor does this from now on.
update alerts set status = 'resolved', ends_at = starts_at where ends_at < starts_at;

alter table alerts
  drop constraint alerts_status_check,
  drop constraint alerts_check,
  -- Null where the alert was over before this was kept.
  add column last_heard_at timestamptz,
  -- Hash of the Alertmanager, receiver and group that last told of it.
  add column heard_in uuid,
  -- Most updates only say that it was heard of again; they find room on the row's own page.
  set (fillfactor = 90);

update alerts set last_heard_at = received_at where status = 'firing';
-- Those whose next start is known are over, though their end was never told.
update alerts set status = 'stale', ends_at = greatest(alerts.starts_at, least(alerts.received_at, later.starts_at))
from (
  select alerts.id, min(next.starts_at) as starts_at
  from alerts join alerts next on next.fingerprint = alerts.fingerprint and next.starts_at > alerts.starts_at
  where alerts.status = 'firing' group by alerts.id) later
where alerts.id = later.id;

alter table alerts
  add constraint alerts_status_check check (status in ('firing', 'resolved', 'stale')),
  add constraint alerts_check check ((status = 'firing') = (ends_at is null) and ends_at >= starts_at),
  add constraint alerts_heard check (status <> 'firing' or last_heard_at is not null);

create index alerts_firing_by_group on alerts (heard_in) where status = 'firing';
