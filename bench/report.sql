-- Fills an account with :sessions sessions of three files each, spread over three years, for the timing of the report.
--
--     psql "$DATABASE_URL" --set sessions=1000000 --set account="'<id>'" --file bench/report.sql
--
-- The share of every kind, project and room is the same at any number of sessions, as it is in an account that grows.
-- No bytes lie behind these files: the report never opens one.

\set ON_ERROR_STOP on
begin;

-- Kinds are written with the sessions below, in one go.
alter table files disable trigger files_note_kinds_of_new_files;

-- The search's indexes are made once at the end: kept up with each row they would take ten times as long.
create temp table bench_indexes as
select indexname, indexdef from pg_indexes where tablename = 'sessions' and indexdef like '% USING gin %';
select format('drop index %I', indexname) from bench_indexes \gexec

create temp table bench_projects on commit drop as
select gen_random_uuid() as id, n from generate_series(0, 9) n;
insert into projects (id, account_id, name, created_at)
select id, :account::uuid, 'Project ' || n, now() from bench_projects;

create temp table bench_sessions on commit drop as
select gen_random_uuid() as id,
    n,
    -- Half of all sessions in the first project, one in three hundred in the last: the smallest account that is timed has
    -- a full page of everything too, else more sessions would mean more HTML.
    case when n % 300 = 0 then 9 when n % 2 = 0 then 0 else 1 + n % 8 end as project,
    timestamptz '2024-01-01' + n * (interval '1095 days' / :sessions) as started_at,
    (array['transcoded', 'live', 'individual'])[case when n % 300 = 7 then 3 when n % 3 = 0 then 2 else 1 end] as kind,
    n * 7919 % 7200 * 1000 as duration_ms,
    n * 104729 % 900000000 as size_bytes
from generate_series(1::bigint, :sessions) n;

insert into sessions (id, account_id, project_id, room, conference_number, started_at, ended_at, duration_ms,
    size_bytes, created_at, title, kinds, gaps, document)
select s.id, :account::uuid, p.id,
    -- As many rooms as an account of this size has, each used a hundred times.
    (array['care', 'sales', 'board', 'support', 'training'])[1 + s.n % 5] || '-' || lpad((s.n % greatest(:sessions / 100, 1))::text, 5, '0'),
    (100000000 + s.n)::text, s.started_at, s.started_at + s.duration_ms * interval '1 ms', s.duration_ms, s.size_bytes,
    s.started_at,
    case when s.n % 100 = 3 then 'Review of the quarter ' || s.n end,
    (file_kind_bit(s.kind) | 8 | 16)::smallint,
    0,
    array_to_tsvector(array['invoice', 'w' || s.n % 5000, 'caller' || s.n % greatest(:sessions / 20, 1), 'hello', 'thanks'])
from bench_sessions s join bench_projects p on p.n = s.project;

insert into files (id, account_id, session_id, kind, name, content_type, size_bytes, sha256, duration_ms, width, height,
    created_at)
select gen_random_uuid(), :account::uuid, s.id, f.kind, f.name, f.content_type, f.size_bytes, sha256(f.name::bytea),
    f.duration_ms, f.width, f.height, s.started_at
from bench_sessions s
cross join lateral (values
    (s.kind, s.kind || '.mp4', 'video/mp4', s.size_bytes, s.duration_ms, 1280, 720),
    ('chat', 'chat.json', 'application/json', 4096, null, null, null),
    ('metadata', 'metadata.json', 'application/json', 1024, null, null, null)
) f(kind, name, content_type, size_bytes, duration_ms, width, height);

select indexdef from bench_indexes \gexec
alter table files enable trigger files_note_kinds_of_new_files;
commit;
vacuum analyze;
