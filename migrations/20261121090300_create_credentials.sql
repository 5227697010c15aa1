-- User name and password for session files. One per account for now; several, each with a name, come later.

create table credentials (
    id uuid constraint credentials_pkey primary key,
    account_id uuid not null constraint credentials_account_id_key unique
        constraint credentials_account_id_fkey references accounts (id),
    username text not null constraint credentials_username_key unique
        constraint credentials_username_check check (position(':' in username) = 0),
    -- PHC string, Argon2id.
    password_hash text not null,
    -- The preset password, sealed under the master key. Null from the first reset on, for good.
    preset_sealed bytea,
    -- Raised by every change: what a process remembers of an older version is void.
    version bigint not null,
    created_at timestamptz not null,
    changed_at timestamptz,
    changed_by uuid constraint credentials_changed_by_fkey references members (id),
    constraint credentials_preset_or_changed_check check ((preset_sealed is null) = (changed_at is not null))
);
