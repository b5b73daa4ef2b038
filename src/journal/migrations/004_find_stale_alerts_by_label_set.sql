create index alerts_stale_by_label_set on alerts (jsonb_hash_extended(labels, 0), starts_at, id) where status = 'stale';
