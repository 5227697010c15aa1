-- Programs that cannot sign tokens yet send a key of a service account as a parameter. Deprecated, so nobody has it who
-- did not ask for it.

alter table accounts add column takes_api_keys boolean not null default false;

create table api_keys (
    id uuid constraint api_keys_pkey primary key,
    -- With whose role it acts.
    service_account_id uuid not null
        constraint api_keys_service_account_id_fkey references service_accounts (id),
    -- SHA-256 of it.
    hash bytea not null constraint api_keys_hash_key unique constraint api_keys_hash_check check (length(hash) = 32),
    -- Its last characters, by which people know it again.
    hint text not null,
    created_at timestamptz not null,
    created_by uuid constraint api_keys_created_by_fkey references members (id),
    revoked_at timestamptz,
    revoked_by uuid constraint api_keys_revoked_by_fkey references members (id),
    -- To the minute.
    last_used_at timestamptz,
    last_used_from text
);

create index api_keys_service_account_id_idx on api_keys (service_account_id);
