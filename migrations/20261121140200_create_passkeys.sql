-- Passkeys (WebAuthn): public keys whose private halves lie in members' devices.

create table passkeys (
    id uuid constraint passkeys_pkey primary key,
    member_id uuid not null constraint passkeys_member_id_fkey references members (id),
    name text not null,
    credential_id bytea not null constraint passkeys_credential_id_key unique,
    -- Public key and counter, as the library writes them. No secret.
    credential jsonb not null,
    added_at timestamptz not null,
    last_used_at timestamptz
);

create index passkeys_member_id_idx on passkeys (member_id);

-- A challenge that a device was asked to make a passkey for, and has not answered yet.
create table passkey_drafts (
    member_id uuid constraint passkey_drafts_pkey primary key
        constraint passkey_drafts_member_id_fkey references members (id),
    sign_in_hash bytea not null,
    name text not null,
    ceremony jsonb not null,
    expires_at timestamptz not null
);
