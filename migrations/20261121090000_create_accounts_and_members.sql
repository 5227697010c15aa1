-- The tenant and its people. Everything else hangs below an account.

create table accounts (
    id uuid constraint accounts_pkey primary key,
    name text not null,
    -- How the gate answers callers without a valid proof.
    challenge text not null default 'documented'
        constraint accounts_challenge_check check (challenge in ('documented', 'everyone', 'never_programs')),
    created_at timestamptz not null
);

create table members (
    id uuid constraint members_pkey primary key,
    account_id uuid not null constraint members_account_id_fkey references accounts (id),
    name text not null,
    -- Lower case. One address signs in to one account.
    email text not null constraint members_email_key unique
        constraint members_email_check check (email = lower(email)),
    role text not null
        constraint members_role_check check (role in ('owner', 'admin', 'developer', 'supervisor', 'support')),
    -- PHC string, Argon2id.
    password_hash text not null,
    password_changed_at timestamptz not null,
    created_at timestamptz not null,
    disabled_at timestamptz
);

create index members_account_id_idx on members (account_id);

-- Proof that this database belongs to the master key that the process was given: a text sealed under it.
create table master_key_checks (
    key_id text constraint master_key_checks_pkey primary key,
    sealed bytea not null,
    created_at timestamptz not null
);

-- The one-time code of the first start, hashed. At most one row, gone once it is used.
create table set_up_codes (
    is_only boolean constraint set_up_codes_pkey primary key default true
        constraint set_up_codes_is_only_check check (is_only),
    code_hash bytea not null,
    expires_at timestamptz not null
);
