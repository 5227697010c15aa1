-- The rows of an archive listing, as psql gets them: bench/report.py times both.
--
--     psql "$DATABASE_URL" --set project="'<id>'" --file bench/archive.sql --output /dev/null

select s.id, s.started_at, s.conference_number, s.room, f.id, f.kind, f.name
from sessions s
join files f on f.session_id = s.id
where s.project_id = :project and s.started_at >= '2025-02-01' and s.started_at < '2025-04-01'
order by s.started_at desc, s.id desc, f.kind, f.name;
