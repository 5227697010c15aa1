-- Programs sign tokens with a key of a service account. Only the public half of a key is here.

alter table accounts
    -- What files of service accounts and APIs call the account; seven digits, as the hosted service has them.
    add column number bigint generated always as identity (start with 1000001) constraint accounts_number_key unique,
    -- Service accounts of the parent may act in this account. One level: whoever has a parent is nobody's.
    add column parent_id uuid
        constraint accounts_parent_id_fkey references accounts (id)
        constraint accounts_parent_id_check check (parent_id <> id);

create index accounts_parent_id_idx on accounts (parent_id) where parent_id is not null;

create table service_accounts (
    id uuid constraint service_accounts_pkey primary key,
    account_id uuid not null constraint service_accounts_account_id_fkey references accounts (id),
    name text not null,
    -- Null: opens recordings, and nothing else.
    role text constraint service_accounts_role_check
        check (role in ('owner', 'admin', 'developer', 'supervisor', 'support')),
    created_at timestamptz not null,
    created_by uuid constraint service_accounts_created_by_fkey references members (id),
    -- The row stays, so that what was opened with it keeps its name.
    revoked_at timestamptz,
    revoked_by uuid constraint service_accounts_revoked_by_fkey references members (id)
);

create index service_accounts_account_id_idx on service_accounts (account_id);

create table service_account_keys (
    id uuid constraint service_account_keys_pkey primary key,
    service_account_id uuid not null
        constraint service_account_keys_service_account_id_fkey references service_accounts (id),
    -- The only one that tokens of this key may name.
    algorithm text not null default 'RS256'
        constraint service_account_keys_algorithm_check check (algorithm = 'RS256'),
    -- RSAPublicKey of PKCS #1, DER; one of 2048 bits has 270 bytes.
    public_key bytea not null
        constraint service_account_keys_public_key_check check (length(public_key) >= 270),
    created_at timestamptz not null,
    -- From when it is refused, because another one took its place.
    ends_at timestamptz,
    revoked_at timestamptz,
    -- To the minute.
    last_used_at timestamptz,
    last_used_from text
);

create index service_account_keys_service_account_id_idx on service_account_keys (service_account_id);

-- The gate remembers keys for a moment. That one was used changes nothing of what it opens.
create trigger service_accounts_notify_the_gate after update or delete or truncate on service_accounts
    for each statement execute function notify_the_gate();
create trigger service_account_keys_notify_the_gate
    after update of service_account_id, algorithm, public_key, ends_at, revoked_at on service_account_keys
    for each statement execute function notify_the_gate();
create trigger service_account_keys_notify_the_gate_of_ends after delete or truncate on service_account_keys
    for each statement execute function notify_the_gate();

-- A service account may be the one who did it.
alter table audit_events add column service_account_id uuid;
