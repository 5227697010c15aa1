-- The last part of a file's life: the trash, and the tombstone that stays when its bytes are gone.

alter table files
    -- Needs a credential even where its project is open.
    add column is_secure boolean not null default false,
    add column trashed_at timestamptz,
    -- Null: retention, or the operator; the cause says which.
    add column trashed_by uuid constraint files_trashed_by_fkey references members (id),
    add column trash_cause text
        constraint files_trash_cause_check check (trash_cause in ('manual', 'retention')),
    add column trash_reason text,
    -- From here on the row is a tombstone: the bytes are to be removed, and nothing brings them back.
    add column deleted_at timestamptz,
    -- When the vault had removed them.
    add column bytes_removed_at timestamptz,
    add constraint files_trash_check check ((trashed_at is null) = (trash_cause is null)
        and (trashed_at is null) = (trash_reason is null)
        and (deleted_at is null or trashed_at is not null)
        and (bytes_removed_at is null or deleted_at is not null));

-- What the background work looks for.
create index files_trashed_at_idx on files (trashed_at) where trashed_at is not null and deleted_at is null;
create index files_deleted_at_idx on files (deleted_at) where deleted_at is not null and bytes_removed_at is null;
-- The page of trash and tombstones.
create index files_account_id_trashed_at_idx on files (account_id, trashed_at) where trashed_at is not null;
