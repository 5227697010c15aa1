-- Programs speak to the APIs as a project: by its identifier and one of its secrets.

alter table projects
    -- No secret: it stands in requests beside one. 24 hexadecimal digits, as the hosted services have it.
    add column api_identifier text not null default substr(md5(gen_random_uuid()::text), 1, 24)
        constraint projects_api_identifier_key unique;

create table api_secrets (
    id uuid constraint api_secrets_pkey primary key,
    account_id uuid not null constraint api_secrets_account_id_fkey references accounts (id),
    project_id uuid not null constraint api_secrets_project_id_fkey references projects (id),
    name text not null,
    -- SHA-256: a text of that many random bits needs no slow hash.
    hash bytea not null
        constraint api_secrets_hash_key unique
        constraint api_secrets_hash_check check (length(hash) = 32),
    -- Its last characters, to be told from others.
    hint text not null,
    may_write boolean not null,
    may_delete boolean not null,
    may_manage_credentials boolean not null,
    created_at timestamptz not null,
    created_by uuid constraint api_secrets_created_by_fkey references members (id),
    last_used_at timestamptz,
    last_used_from text,
    -- When it was seen in the query of an address, where logs and histories keep it.
    exposed_at timestamptz,
    revoked_at timestamptz,
    revoked_by uuid constraint api_secrets_revoked_by_fkey references members (id)
);

create index api_secrets_project_id_idx on api_secrets (project_id);
create index api_secrets_account_id_idx on api_secrets (account_id);

alter table accounts
    -- From where the APIs may be called; `0.0.0.0` is from anywhere.
    add column api_networks text[] not null default '{0.0.0.0}',
    -- Requests in an hour (UTC).
    add column api_hourly_quota integer not null default 100000
        constraint accounts_api_hourly_quota_check check (api_hourly_quota between 1 and 100000);

-- Requests of an account in an hour, all projects and APIs together.
create table api_use (
    account_id uuid not null constraint api_use_account_id_fkey references accounts (id),
    hour timestamptz not null,
    requests bigint not null,
    constraint api_use_pkey primary key (account_id, hour)
);

-- An application may be the one who did it.
alter table audit_events add column api_secret_id uuid;
