-- The sessions of a set of kinds in each order of the report: the page of a rare kind is then read like any other, one
-- short stretch of index for each set, however many sessions there are.

drop index sessions_account_id_kinds_idx;

create index sessions_account_id_kinds_started_at_idx on sessions (account_id, kinds, started_at, id);
create index sessions_account_id_kinds_duration_ms_idx on sessions (account_id, kinds, duration_ms, id);
create index sessions_account_id_kinds_size_bytes_idx on sessions (account_id, kinds, size_bytes, id);
create index sessions_project_id_kinds_started_at_idx on sessions (project_id, kinds, started_at, id);
create index sessions_project_id_kinds_duration_ms_idx on sessions (project_id, kinds, duration_ms, id);
create index sessions_project_id_kinds_size_bytes_idx on sessions (project_id, kinds, size_bytes, id);
