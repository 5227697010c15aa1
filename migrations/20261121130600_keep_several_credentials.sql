-- One credential for each integration beside the account's main one, an old password that holds for a while, and who
-- is still on it.

alter table credentials
    drop constraint credentials_account_id_key,
    -- Null: the account's main credential.
    add column name text,
    -- Counts the passwords that this credential has had. Unlike the version it stands still when a grace period ends.
    add column password_number integer not null default 1,
    -- The password before this one, while it is still accepted; never any older one.
    add column old_password_hash text,
    add column old_accepted_until timestamptz,
    add column expires_at timestamptz,
    -- From where it opens files, as CIDR; empty for anywhere.
    add column networks text[] not null default '{}',
    -- The row stays, so that what was opened with it keeps its name.
    add column revoked_at timestamptz,
    add constraint credentials_old_password_check
        check ((old_password_hash is null) = (old_accepted_until is null)),
    add constraint credentials_main_check
        check (name is not null or (expires_at is null and revoked_at is null and networks = '{}'));

create unique index credentials_account_id_main_key on credentials (account_id) where name is null;
create unique index credentials_account_id_name_key on credentials (account_id, lower(name))
    where name is not null and revoked_at is null;
create index credentials_account_id_idx on credentials (account_id);
create index credentials_old_accepted_until_idx on credentials (old_accepted_until)
    where old_accepted_until is not null;

create table credential_callers (
    credential_id uuid not null
        constraint credential_callers_credential_id_fkey references credentials (id) on delete cascade,
    -- Which of the credential's passwords was used.
    password_number integer not null,
    address text not null,
    -- What the caller's User-Agent says it is, shortened.
    client text not null,
    last_seen_at timestamptz not null,
    -- With this password since it was set; of an old one since it was replaced.
    requests bigint not null,
    constraint credential_callers_pkey primary key (credential_id, password_number, address, client)
);

create index credential_callers_last_seen_idx on credential_callers (credential_id, last_seen_at);

-- Browsers that were given the shared password before this have to ask for it again. Null: never ended.
alter table accounts add column browser_access_ended_at timestamptz;
