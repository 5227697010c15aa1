-- What the first page of the Recordings report asks of PostgreSQL: the newest sessions of an account, and their files.
-- With :account set it prepares both, and finds the sessions whose files the second asks for.

prepare sessions_of_page(uuid) as
select s.id, p.name, s.room, s.conference_number, s.title, s.tags, s.poster = 'made', s.started_at, s.duration_ms,
    s.size_bytes
from (
    select * from sessions s where s.account_id = $1 order by s.started_at desc, s.id desc limit 26
) s
join projects p on p.id = s.project_id
order by s.started_at desc, s.id desc
limit 26;

prepare files_of_page(uuid[]) as
select f.session_id, f.id, f.kind, f.name, f.size_bytes, f.duration_ms, f.width, f.height, session_end(s), f.is_secure,
    s.hold_id is not null or p.hold_id is not null, f.trashed_at is not null, f.deleted_at is not null, p.is_secure,
    p.public_hours, p.retention_hours, p.deletes_bytes
from files f
join sessions s on s.id = f.session_id
join projects p on p.id = s.project_id
where f.session_id = any($1)
order by array_position(array['transcoded', 'live', 'individual', 'chat', 'metadata', 'captions'], f.kind), f.name;

select array_agg(id) as ids
from (select id from sessions where account_id = :account order by started_at desc, id desc limit 25) page \gset
