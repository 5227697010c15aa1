-- An account's people govern themselves: invitations, roles, removal, and when somebody was last here.

create table invitations (
    id uuid constraint invitations_pkey primary key,
    account_id uuid not null constraint invitations_account_id_fkey references accounts (id),
    -- Lower case, as in members. One open invitation for each address of an account.
    email text not null constraint invitations_email_check check (email = lower(email)),
    role text not null
        constraint invitations_role_check check (role in ('owner', 'admin', 'developer', 'supervisor', 'support')),
    -- SHA-256 of what the link holds: a dump of this table invites nobody.
    token_hash bytea not null constraint invitations_token_hash_key unique,
    -- Null: the operator.
    invited_by uuid constraint invitations_invited_by_fkey references members (id),
    created_at timestamptz not null,
    -- When the present link was made.
    sent_at timestamptz not null,
    expires_at timestamptz not null,
    constraint invitations_account_id_email_key unique (account_id, email)
);

alter table members add column last_seen_at timestamptz;
alter table members add column removed_at timestamptz;
-- Whoever asks for members that may sign in asks for one column only.
alter table members add constraint members_removed_is_disabled_check
    check (removed_at is null or disabled_at is not null);

-- The row of a removed member stays, since the audit names it; the address is free again.
alter table members drop constraint members_email_key;
create unique index members_email_key on members (email) where removed_at is null;

-- To whom or what it was done, where that is not who did it.
alter table audit_events add column subject_id uuid;
