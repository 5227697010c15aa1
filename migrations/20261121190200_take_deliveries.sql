-- Files that come in by themselves: what was delivered under which id of the sender's, and how much a project takes.

create table deliveries (
    project_id uuid not null constraint deliveries_project_id_fkey references projects (id),
    -- Which way it came: upload, jibri, livekit and so on.
    source text not null,
    -- What the sender calls the recording. It may send again, and then means the same files.
    external_id text not null,
    name text not null,
    file_id uuid not null constraint deliveries_file_id_fkey references files (id),
    created_at timestamptz not null,
    constraint deliveries_pkey primary key (project_id, source, external_id, name)
);

-- Foreign keys look from here.
create index deliveries_file_id_idx on deliveries (file_id);

alter table projects
    -- Bytes of one delivered file at most; null: no limit.
    add column file_limit_bytes bigint
        constraint projects_file_limit_bytes_check check (file_limit_bytes > 0),
    -- Bytes of all its files at most, for deliveries; null: no limit.
    add column quota_bytes bigint
        constraint projects_quota_bytes_check check (quota_bytes > 0);
